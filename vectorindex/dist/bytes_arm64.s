#include "textflag.h"

// NEON kernels for one pair of bytes, nibbles, bits or halves, 16 bytes at a time. n is
// their number, a multiple of 16, at least 16. What the assembler does not know is given
// as words, with the instruction beside it.

// HALVES decodes eight binary16 into V4 and V5, beside V6 and V7 of the query.
#define HALVES \
	VLD1.P 16(R1), [V16.H8]; \
	VLD1.P 32(R0), [V6.S4, V7.S4]; \
	WORD $0x0E217A04; /* FCVTL V4.4S, V16.4H */ \
	WORD $0x4E217A05  /* FCVTL2 V5.4S, V16.8H */

// HALFPAIR is a kernel of n halves, a multiple of 8.
#define HALFPAIR(STEP) \
	MOVD q+0(FP), R0; MOVD v+8(FP), R1; MOVD n+16(FP), R3; \
	VEOR V0.B16, V0.B16, V0.B16; VEOR V1.B16, V1.B16, V1.B16; \
loop: \
	HALVES; \
	STEP; \
	SUBS $8, R3; BNE loop; \
	WORD $0x4E21D400; /* FADD V0.4S, V0.4S, V1.4S */ \
	WORD $0x6E20D400; /* FADDP V0.4S, V0.4S, V0.4S */ \
	WORD $0x6E20D400; \
	FMOVS F0, ret+24(FP); \
	RET

#define HALFDOT \
	VFMLA V6.S4, V4.S4, V0.S4; VFMLA V7.S4, V5.S4, V1.S4
#define HALFL2 \
	WORD $0x4EA6D484; /* FSUB V4.4S, V4.4S, V6.4S */ \
	WORD $0x4EA7D4A5; /* FSUB V5.4S, V5.4S, V7.4S */ \
	VFMLA V4.S4, V4.S4, V0.S4; VFMLA V5.S4, V5.S4, V1.S4
#define HALFL1 \
	WORD $0x6EA6D484; /* FABD V4.4S, V4.4S, V6.4S */ \
	WORD $0x6EA7D4A5; /* FABD V5.4S, V5.4S, V7.4S */ \
	WORD $0x4E24D400; /* FADD V0.4S, V0.4S, V4.4S */ \
	WORD $0x4E25D421  /* FADD V1.4S, V1.4S, V5.4S */

// func nibblesNEON(rec *byte, low, high *int8, n int) int32
// The products of a step, each below 15·128, add up to less than 2^15 in a lane.
TEXT ·nibblesNEON(SB), NOSPLIT, $0-36
	MOVD rec+0(FP), R0
	MOVD low+8(FP), R1
	MOVD high+16(FP), R2
	MOVD n+24(FP), R3
	VMOVI $15, V30.B16
	VEOR V0.B16, V0.B16, V0.B16
loop:
	VLD1.P 16(R0), [V4.B16]
	VLD1.P 16(R1), [V5.B16]
	VLD1.P 16(R2), [V6.B16]
	VAND   V30.B16, V4.B16, V7.B16
	VUSHR  $4, V4.B16, V16.B16
	WORD   $0x0E25C0F1        // SMULL  V17.8H, V7.8B, V5.8B
	WORD   $0x4E2580F1        // SMLAL2 V17.8H, V7.16B, V5.16B
	WORD   $0x0E268211        // SMLAL  V17.8H, V16.8B, V6.8B
	WORD   $0x4E268211        // SMLAL2 V17.8H, V16.16B, V6.16B
	WORD   $0x4E606A20        // SADALP V0.4S, V17.8H
	SUBS   $16, R3
	BNE    loop
	VADDV  V0.S4, V0
	VMOV   V0.S[0], R4
	MOVW   R4, ret+32(FP)
	RET

// func int8DotNEON(a, b *byte, n int) int32
TEXT ·int8DotNEON(SB), NOSPLIT, $0-28
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R3
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
loop:
	VLD1.P 16(R0), [V4.B16]
	VLD1.P 16(R1), [V5.B16]
	WORD   $0x0E25C090        // SMULL  V16.8H, V4.8B, V5.8B
	WORD   $0x4E25C091        // SMULL2 V17.8H, V4.16B, V5.16B
	WORD   $0x4E606A00        // SADALP V0.4S, V16.8H
	WORD   $0x4E606A21        // SADALP V1.4S, V17.8H
	SUBS   $16, R3
	BNE    loop
	VADD   V1.S4, V0.S4, V0.S4
	VADDV  V0.S4, V0
	VMOV   V0.S[0], R4
	MOVW   R4, ret+24(FP)
	RET

// func int8L2NEON(a, b *byte, n int) int32
TEXT ·int8L2NEON(SB), NOSPLIT, $0-28
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R3
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
loop:
	VLD1.P 16(R0), [V4.B16]
	VLD1.P 16(R1), [V5.B16]
	WORD   $0x0E252090        // SSUBL  V16.8H, V4.8B, V5.8B
	WORD   $0x4E252091        // SSUBL2 V17.8H, V4.16B, V5.16B
	WORD   $0x0E708200        // SMLAL  V0.4S, V16.4H, V16.4H
	WORD   $0x4E708201        // SMLAL2 V1.4S, V16.8H, V16.8H
	WORD   $0x0E718222        // SMLAL  V2.4S, V17.4H, V17.4H
	WORD   $0x4E718223        // SMLAL2 V3.4S, V17.8H, V17.8H
	SUBS   $16, R3
	BNE    loop
	VADD   V1.S4, V0.S4, V0.S4
	VADD   V3.S4, V2.S4, V2.S4
	VADD   V2.S4, V0.S4, V0.S4
	VADDV  V0.S4, V0
	VMOV   V0.S[0], R4
	MOVW   R4, ret+24(FP)
	RET

// func int8L1NEON(a, b *byte, n int) int32
TEXT ·int8L1NEON(SB), NOSPLIT, $0-28
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R3
	VEOR V0.B16, V0.B16, V0.B16
loop:
	VLD1.P 16(R0), [V4.B16]
	VLD1.P 16(R1), [V5.B16]
	WORD   $0x0E257090        // SABDL  V16.8H, V4.8B, V5.8B
	WORD   $0x4E255090        // SABAL2 V16.8H, V4.16B, V5.16B
	WORD   $0x6E606A00        // UADALP V0.4S, V16.8H
	SUBS   $16, R3
	BNE    loop
	VADDV  V0.S4, V0
	VMOV   V0.S[0], R4
	MOVW   R4, ret+24(FP)
	RET

// BITS counts the bits of v, which it changes, into sum: 16 a lane in a step, so that
// 64,000 bits fit in 16.
#define BITS(v, word) \
	VCNT v.B16, v.B16; WORD word

// func hammingNEON(a, b *byte, n int) int32
TEXT ·hammingNEON(SB), NOSPLIT, $0-28
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R3
	VEOR V0.B16, V0.B16, V0.B16
loop:
	VLD1.P 16(R0), [V4.B16]
	VLD1.P 16(R1), [V5.B16]
	VEOR   V5.B16, V4.B16, V4.B16
	BITS(V4, $0x6E206880)     // UADALP V0.8H, V4.16B
	SUBS   $16, R3
	BNE    loop
	VUADDLV V0.H8, V0
	VMOV   V0.S[0], R4
	MOVW   R4, ret+24(FP)
	RET

// func jaccardNEON(a, b *byte, n int) (both, either int32)
TEXT ·jaccardNEON(SB), NOSPLIT, $0-32
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R3
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
loop:
	VLD1.P 16(R0), [V4.B16]
	VLD1.P 16(R1), [V5.B16]
	VAND   V5.B16, V4.B16, V6.B16
	VORR   V5.B16, V4.B16, V5.B16
	BITS(V6, $0x6E2068C0)     // UADALP V0.8H, V6.16B
	BITS(V5, $0x6E2068A1)     // UADALP V1.8H, V5.16B
	SUBS   $16, R3
	BNE    loop
	VUADDLV V0.H8, V0
	VUADDLV V1.H8, V1
	VMOV   V0.S[0], R4
	VMOV   V1.S[0], R5
	MOVW   R4, both+24(FP)
	MOVW   R5, either+28(FP)
	RET

// func halfDotNEON(q *float32, v *byte, n int) float32
TEXT ·halfDotNEON(SB), NOSPLIT, $0-28
	HALFPAIR(HALFDOT)

// func halfL2NEON(q *float32, v *byte, n int) float32
TEXT ·halfL2NEON(SB), NOSPLIT, $0-28
	HALFPAIR(HALFL2)

// func halfL1NEON(q *float32, v *byte, n int) float32
TEXT ·halfL1NEON(SB), NOSPLIT, $0-28
	HALFPAIR(HALFL1)

// func decodeHalvesNEON(dst *float32, src *byte, n int)
// n is a multiple of 8.
TEXT ·decodeHalvesNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R3
loop:
	VLD1.P 16(R1), [V16.H8]
	WORD   $0x0E217A04        // FCVTL  V4.4S, V16.4H
	WORD   $0x4E217A05        // FCVTL2 V5.4S, V16.8H
	VST1.P [V4.S4, V5.S4], 32(R0)
	SUBS   $8, R3
	BNE    loop
	RET

// LOOKUP adds what the tables lo and hi say of 16 bytes of codes to 16 sums.
#define LOOKUP(codes, lo, hi, s0, s1) \
	VAND V30.B16, codes.B16, V24.B16; \
	VUSHR $4, codes.B16, V25.B16; \
	VTBL V24.B16, [lo.B16], V24.B16; \
	VTBL V25.B16, [hi.B16], V25.B16; \
	VADD V25.B16, V24.B16, V24.B16; \
	VUADDW V24.B8, s0.H8, s0.H8; \
	VUADDW2 V24.B16, s1.H8, s1.H8

// func blockSumsNEON(table, codes *byte, groups int, sums *[32]uint16)
// Sums by lane; groups are 1 to 128, of which no sum exceeds 16 bits.
TEXT ·blockSumsNEON(SB), NOSPLIT, $0-32
	MOVD table+0(FP), R0
	MOVD codes+8(FP), R1
	MOVD groups+16(FP), R3
	MOVD sums+24(FP), R2
	VMOVI $15, V30.B16
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
loop:
	VLD1.P 64(R1), [V4.B16, V5.B16, V6.B16, V7.B16]
	VLD1.P 64(R0), [V16.B16, V17.B16, V18.B16, V19.B16]
	VLD1.P 64(R0), [V20.B16, V21.B16, V22.B16, V23.B16]
	LOOKUP(V4, V16, V20, V0, V1)
	LOOKUP(V5, V16, V20, V2, V3)
	LOOKUP(V6, V18, V22, V0, V1)
	LOOKUP(V7, V18, V22, V2, V3)
	SUBS $1, R3
	BNE  loop
	VST1 [V0.H8, V1.H8, V2.H8, V3.H8], (R2)
	RET
