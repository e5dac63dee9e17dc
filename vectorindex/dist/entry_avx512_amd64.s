#include "textflag.h"

// Pools of candidates, eight entries at a time: unsigned integers of 64 bits.

DATA reverse8<>+0(SB)/8, $7
DATA reverse8<>+8(SB)/8, $6
DATA reverse8<>+16(SB)/8, $5
DATA reverse8<>+24(SB)/8, $4
DATA reverse8<>+32(SB)/8, $3
DATA reverse8<>+40(SB)/8, $2
DATA reverse8<>+48(SB)/8, $1
DATA reverse8<>+56(SB)/8, $0
GLOBL reverse8<>(SB), RODATA|NOPTR, $64

// MASK makes k the lowest n of 32 places, n in CX; it spoils AX.
#define MASK(k) \
	MOVL $1, AX; SHLQ CX, AX; DECQ AX; KMOVD AX, k

// func splitNearerAVX512(ids *uint32, dists *float32, n int, bound Entry, nearer, rest *Entry) int
//
// The bits of a negative float are inverted, of others the sign: then they ascend as
// unsigned integers. What is chosen is gathered in registers and stored whole.
//
// Registers: SI ids, DI dists, R10 places left, BX nearer, DX rest, R8 how many are nearer.
TEXT ·splitNearerAVX512(SB), NOSPLIT, $0-56
	MOVQ ids+0(FP), SI
	MOVQ dists+8(FP), DI
	MOVQ n+16(FP), R10
	VPBROADCASTQ bound+24(FP), Z8
	MOVQ nearer+32(FP), BX
	MOVQ rest+40(FP), DX
	MOVL $0x80000000, AX
	VPBROADCASTD AX, Y9
	XORQ R8, R8
	MOVL $0xff, AX
	KMOVW AX, K2
	JMP  next
eight:
	VMOVDQU32.Z (DI), K2, Y0
	VMOVDQU32.Z (SI), K2, Y1
	VPSRAD $31, Y0, Y2
	VPORD Y9, Y2, Y2
	VPXORD Y2, Y0, Y0
	VPMOVZXDQ Y0, Z0
	VPMOVZXDQ Y1, Z1
	VPSLLQ $32, Z0, Z0
	VPORQ Z1, Z0, Z0
	VPCMPUQ $1, Z8, Z0, K2, K1 // below
	KANDNW K2, K1, K3
	VPCOMPRESSQ.Z Z0, K1, Z2
	VPCOMPRESSQ.Z Z0, K3, Z3
	VMOVDQU64 Z2, (BX)
	VMOVDQU64 Z3, (DX)
	KMOVW K1, AX
	KMOVW K3, CX
	POPCNTL AX, AX
	POPCNTL CX, CX
	ADDQ AX, R8
	LEAQ (BX)(AX*8), BX
	LEAQ (DX)(CX*8), DX
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $8, R10
next:
	CMPQ R10, $8
	JGE  eight
	TESTQ R10, R10
	JLE  done
	MOVQ R10, CX
	MASK(K2)
	JMP  eight
done:
	VZEROUPPER
	MOVQ R8, ret+48(FP)
	RET

// Bitonic sorting network (Batcher 1968). A step compares each place of s with its
// partner and leaves the greater of the two in the places of mask k; the result is in d.
#define STEP(s, d, k) \
	VPMINUQ Z30, s, d; VPMAXUQ Z30, s, k, d

#define FAR1(s, d) VPSHUFD $0x4E, s, Z30; STEP(s, d, K1)              // partner 1 place away
#define FAR2(s, d) VPERMQ $0x4E, s, Z30; STEP(s, d, K2)               // 2 places
#define FAR4(s, d) VSHUFI64X2 $0x4E, s, s, Z30; STEP(s, d, K3)        // 4 places
#define MIRROR4(s, d) VPERMQ $0x1B, s, Z30; STEP(s, d, K2)            // mirrored within 4
#define MIRROR8(s, d) VPERMQ s, Z31, Z30; STEP(s, d, K3)              // mirrored within 8

#define SORT8(s, t) \
	FAR1(s, t); MIRROR4(t, s); FAR1(s, t); MIRROR8(t, s); FAR2(s, t); FAR1(t, s)

// CLEAN sorts eight that rise and fall once, from s to d.
#define CLEAN(s, d) \
	FAR4(s, d); FAR2(d, s); FAR1(s, d)

// HALVE leaves the lesser of two registers' partners in a, the greater in b.
#define HALVE(a, b, t) \
	VPMAXUQ a, b, t; VPMINUQ a, b, a; VMOVDQA64 t, b

// func sortEntriesAVX512(e *Entry, n int)
// n is 1 to 32. Places beyond n hold what is greatest while the network runs.
TEXT ·sortEntriesAVX512(SB), NOSPLIT, $0-16
	MOVQ e+0(FP), SI
	MOVQ n+8(FP), R10
	MOVL $0xAA, AX
	KMOVW AX, K1
	MOVL $0xCC, AX
	KMOVW AX, K2
	MOVL $0xF0, AX
	KMOVW AX, K3
	VMOVDQU64 reverse8<>(SB), Z31
	VPTERNLOGD $0xFF, Z0, Z0, Z0
	CMPQ R10, $8
	JGT  more
	MOVQ R10, CX
	MASK(K4)
	VMOVDQU64 (SI), K4, Z0
	SORT8(Z0, Z8)
	VMOVDQU64 Z0, K4, (SI)
	VZEROUPPER
	RET

more:
	VMOVDQA64 Z0, Z1
	CMPQ R10, $16
	JGT  most
	LEAQ -8(R10), CX
	MASK(K4)
	VMOVDQU64 (SI), Z0
	VMOVDQU64 64(SI), K4, Z1
	SORT8(Z0, Z8)
	SORT8(Z1, Z9)
	VPERMQ Z1, Z31, Z1
	HALVE(Z0, Z1, Z10)
	CLEAN(Z0, Z8)
	CLEAN(Z1, Z9)
	VMOVDQU64 Z8, (SI)
	VMOVDQU64 Z9, K4, 64(SI)
	VZEROUPPER
	RET

most:
	VMOVDQA64 Z0, Z2
	VMOVDQA64 Z0, Z3
	MOVQ R10, CX
	MASK(K4)
	KSHIFTRD $16, K4, K5 // places 16 to 23
	KSHIFTRD $24, K4, K6 // and 24 to 31
	VMOVDQU64 (SI), Z0
	VMOVDQU64 64(SI), Z1
	VMOVDQU64 128(SI), K5, Z2
	VMOVDQU64 192(SI), K6, Z3
	SORT8(Z0, Z8)
	SORT8(Z1, Z9)
	SORT8(Z2, Z10)
	SORT8(Z3, Z11)
	VPERMQ Z1, Z31, Z1
	VPERMQ Z3, Z31, Z3
	HALVE(Z0, Z1, Z12)
	HALVE(Z2, Z3, Z13)
	CLEAN(Z0, Z8)
	CLEAN(Z1, Z9)
	CLEAN(Z2, Z10)
	CLEAN(Z3, Z11)

	// Z8 Z9 and Z10 Z11 ascend; the second sixteen are turned round.
	VPERMQ Z10, Z31, Z3
	VPERMQ Z11, Z31, Z2
	HALVE(Z8, Z2, Z12)
	HALVE(Z9, Z3, Z13)
	HALVE(Z8, Z9, Z12)
	HALVE(Z2, Z3, Z13)
	CLEAN(Z8, Z0)
	CLEAN(Z9, Z1)
	CLEAN(Z2, Z10)
	CLEAN(Z3, Z11)
	VMOVDQU64 Z0, (SI)
	VMOVDQU64 Z1, 64(SI)
	VMOVDQU64 Z10, K5, 128(SI)
	VMOVDQU64 Z11, K6, 192(SI)
	VZEROUPPER
	RET

// func mergeEntriesAVX512(e *Entry, n int, from *Entry, m int, places *int32) int
//
// First the places: a binary search for each entry until eight are left, which are
// compared at once. The searches do not depend on each other and overlap. Then e is
// written anew from its end, eight places at a time: a block with none of from is a copy
// of what lay some places before, one with some of them is spread out of two registers.
//
// Registers: SI e, DI from, R9 places.
TEXT ·mergeEntriesAVX512(SB), NOSPLIT, $0-48
	MOVQ e+0(FP), SI
	MOVQ from+16(FP), DI
	MOVQ m+24(FP), R10
	MOVQ places+32(FP), R9
	MOVQ $0xffffffff, R13

	MOVQ n+8(FP), CX // what is left of n when at most eight are
	JMP  small
halve:
	MOVQ CX, AX
	SHRQ $1, AX
	SUBQ AX, CX
small:
	CMPQ CX, $8
	JGT  halve
	MASK(K2)

	XORQ R11, R11
search:
	MOVQ (DI)(R11*8), DX
	ORQ  R13, DX
	XORQ BX, BX
	MOVQ n+8(FP), CX
	JMP  narrow
step:
	MOVQ CX, AX
	SHRQ $1, AX
	SUBQ AX, CX
	ADDQ BX, AX
	CMPQ DX, -8(SI)(AX*8)
	CMOVQCC AX, BX
narrow:
	CMPQ CX, $8
	JGT  step
	VPBROADCASTQ DX, Z1
	VMOVDQU64.Z (SI)(BX*8), K2, Z0
	VPCMPUQ $2, Z1, Z0, K2, K1 // not farther
	KMOVW K1, AX
	POPCNTL AX, AX
	ADDQ AX, BX
	MOVL BX, (R9)(R11*4)
	INCQ R11
	CMPQ R11, R10
	JLT  search

	// R8 is where the block at hand begins, R10 how many of from are before it, BX the
	// place of the last of these.
	MOVQ n+8(FP), R8
	LEAQ -1(R8)(R10*1), R8
	ANDQ $~7, R8
	MOVL -4(R9)(R10*4), BX
	LEAQ -1(BX)(R10*1), BX
block:
	CMPQ BX, R8
	JGE  mixed
	MOVQ R8, AX
	SUBQ R10, AX
	VMOVDQU64 (SI)(AX*8), Z0
	VMOVDQU64 Z0, (SI)(R8*8)
	SUBQ $8, R8
	JMP  block
mixed:
	XORL DX, DX
take:
	MOVQ BX, CX
	SUBQ R8, CX
	BTSL CX, DX
	DECQ R10
	JZ   last
	MOVL -4(R9)(R10*4), BX
	LEAQ -1(BX)(R10*1), BX
	CMPQ BX, R8
	JGE  take
last:
	MOVQ R8, AX
	SUBQ R10, AX
	VMOVDQU64 (SI)(AX*8), Z0
	VMOVDQU64 (DI)(R10*8), Z1
	KMOVW DX, K1
	KNOTW K1, K2
	VPEXPANDQ.Z Z0, K2, Z2
	VPEXPANDQ Z1, K1, Z2
	VMOVDQU64 Z2, (SI)(R8*8)
	SUBQ $8, R8
	TESTQ R10, R10
	JNZ  block

	MOVL (R9), AX
	VZEROUPPER
	MOVQ AX, ret+40(FP)
	RET
