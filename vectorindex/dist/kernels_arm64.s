#include "textflag.h"

// NEON kernels for one pair of vectors: 16 floats at a time with four
// accumulators, then 4, then one by one. The assembler has no vector addition of
// floats; a fused multiply-add with ones (V31) is the same operation.
//
// R0 and R1 the vectors, R2 the length, V0..V3 accumulators, V30 sign mask (L1).

#define DOT(a, b, acc) \
	VFMLA a.S4, b.S4, acc.S4
#define DOT1 \
	FMULS F4, F16, F4; FADDS F4, F20, F20

#define L2(a, b, acc) \
	VFMLS b.S4, V31.S4, a.S4; VFMLA a.S4, a.S4, acc.S4
#define L21 \
	FSUBS F16, F4, F4; FMULS F4, F4, F4; FADDS F4, F20, F20

#define L1(a, b, acc) \
	VFMLS b.S4, V31.S4, a.S4; VAND V30.B16, a.B16, a.B16; VFMLA a.S4, V31.S4, acc.S4
#define L11 \
	FSUBS F16, F4, F4; FABSS F4, F4; FADDS F4, F20, F20

#define PAIR(STEP, ONE) \
	MOVD a+0(FP), R0; MOVD b+8(FP), R1; MOVD n+16(FP), R2; \
	MOVW $0x3f800000, R5; VDUP R5, V31.S4; \
	MOVW $0x7fffffff, R5; VDUP R5, V30.S4; \
	VEOR V0.B16, V0.B16, V0.B16; VEOR V1.B16, V1.B16, V1.B16; \
	VEOR V2.B16, V2.B16, V2.B16; VEOR V3.B16, V3.B16, V3.B16; \
	LSR $4, R2, R3; CBZ R3, quads; \
loop16: \
	VLD1.P 64(R0), [V4.S4, V5.S4, V6.S4, V7.S4]; \
	VLD1.P 64(R1), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	STEP(V4, V16, V0); STEP(V5, V17, V1); STEP(V6, V18, V2); STEP(V7, V19, V3); \
	SUB $1, R3; CBNZ R3, loop16; \
quads: \
	UBFX $2, R2, $2, R3; CBZ R3, fold; \
loop4: \
	VLD1.P 16(R0), [V4.S4]; VLD1.P 16(R1), [V16.S4]; \
	STEP(V4, V16, V0); \
	SUB $1, R3; CBNZ R3, loop4; \
fold: \
	VFMLA V1.S4, V31.S4, V0.S4; VFMLA V3.S4, V31.S4, V2.S4; VFMLA V2.S4, V31.S4, V0.S4; \
	VMOV V0.S[1], R4; FMOVS R4, F21; \
	VMOV V0.S[2], R5; FMOVS R5, F22; \
	VMOV V0.S[3], R6; FMOVS R6, F23; \
	FADDS F21, F0, F20; FADDS F23, F22, F22; FADDS F22, F20, F20; \
	AND $3, R2, R3; CBZ R3, done; \
loop1: \
	FMOVS.P 4(R0), F4; FMOVS.P 4(R1), F16; \
	ONE; \
	SUB $1, R3; CBNZ R3, loop1; \
done: \
	FMOVS F20, ret+24(FP); \
	RET

// func dotNEON(a, b *float32, n int) float32
TEXT ·dotNEON(SB), NOSPLIT, $0-28
	PAIR(DOT, DOT1)

// func l2NEON(a, b *float32, n int) float32
TEXT ·l2NEON(SB), NOSPLIT, $0-28
	PAIR(L2, L21)

// func l1NEON(a, b *float32, n int) float32
TEXT ·l1NEON(SB), NOSPLIT, $0-28
	PAIR(L1, L11)

// func dotI8NEON(a *byte, b *int8, n int) int32
// Sum of unsigned times signed bytes; n is a multiple of 16. The words are
// instructions that the assembler does not know:
//   SSHLL  V6.8H, V5.8B,  #0    sign-extend the low half
//   SSHLL2 V7.8H, V5.16B, #0    and the high half
//   SMLAL  V0.4S, V16.4H, V6.4H    SMLAL2 V1.4S, V16.8H, V6.8H
//   SMLAL  V2.4S, V17.4H, V7.4H    SMLAL2 V3.4S, V17.8H, V7.8H
TEXT ·dotI8NEON(SB), NOSPLIT, $0-28
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R2
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	LSR  $4, R2, R3
	CBZ  R3, done
loop:
	VLD1.P  16(R0), [V4.B16]
	VLD1.P  16(R1), [V5.B16]
	VUXTL   V4.B8, V16.H8
	VUXTL2  V4.B16, V17.H8
	WORD    $0x0F08A4A6
	WORD    $0x4F08A4A7
	WORD    $0x0E668200
	WORD    $0x4E668201
	WORD    $0x0E678222
	WORD    $0x4E678223
	SUB     $1, R3
	CBNZ    R3, loop
done:
	VADD  V1.S4, V0.S4, V0.S4
	VADD  V3.S4, V2.S4, V2.S4
	VADD  V2.S4, V0.S4, V0.S4
	VADDV V0.S4, V0
	VMOV  V0.S[0], R4
	MOVW  R4, ret+24(FP)
	RET

// func prefetchLines(p unsafe.Pointer, n int)
TEXT ·prefetchLines(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
	ADD  R0, R1
loop:
	PRFM (R0), PLDL1KEEP
	ADD  $64, R0
	CMP  R1, R0
	BLO  loop
	RET
