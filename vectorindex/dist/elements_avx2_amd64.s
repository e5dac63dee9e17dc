#include "textflag.h"

// Kernels of binary16, signed bytes and bits for AVX2 and F16C; see
// elements_avx512_amd64.s. What is left after whole blocks is done one by one.

DATA absmaske2<>+0(SB)/4, $0x7fffffff
GLOBL absmaske2<>(SB), RODATA|NOPTR, $4
DATA signs2<>+0(SB)/4, $0x80808080
GLOBL signs2<>(SB), RODATA|NOPTR, $4
DATA nibbles2<>+0(SB)/4, $0x0f0f0f0f
GLOBL nibbles2<>(SB), RODATA|NOPTR, $4
// How many bits a nibble has.
DATA counts2<>+0(SB)/8, $0x0302020102010100
DATA counts2<>+8(SB)/8, $0x0403030203020201
GLOBL counts2<>(SB), RODATA|NOPTR, $16

#define ADDRESSES(count) \
	MOVQ tab+16(FP), DI; MOVQ shift+24(FP), CX; MOVL mask+32(FP), R8; \
	MOVQ stride+40(FP), R9; MOVQ ords+48(FP), SI; MOVQ count+56(FP), R10; \
	XORQ R11, R11; \
addr: \
	CMPQ R11, R10; JGE ready; \
	MOVL (SI)(R11*4), AX; \
	MOVQ AX, BX; SHRQ CX, BX; MOVQ (DI)(BX*8), BX; \
	ANDQ R8, AX; IMULQ R9, AX; ADDQ AX, BX; \
	MOVQ BX, (SP)(R11*8); \
	PREFETCHT0 (BX); PREFETCHT0 64(BX); \
	INCQ R11; JMP addr; \
ready: \
	MOVQ q+0(FP), SI; MOVQ out+64(FP), DI; \
	XORQ R11, R11

// binary16 against float32: 32 components at a time, then 8, then one by one.

#define DOT(h, f, t, acc) \
	VCVTPH2PS h(BX)(DX*1), t; VFMADD231PS f(SI)(DX*2), t, acc
#define DOT1 \
	VFMADD231SS (SI)(DX*2), X4, X0

#define L2(h, f, t, acc) \
	VCVTPH2PS h(BX)(DX*1), t; VSUBPS f(SI)(DX*2), t, t; VFMADD231PS t, t, acc
#define L21 \
	VSUBSS (SI)(DX*2), X4, X4; VFMADD231SS X4, X4, X0

#define L1(h, f, t, acc) \
	VCVTPH2PS h(BX)(DX*1), t; VSUBPS f(SI)(DX*2), t, t; VANDPS Y15, t, t; VADDPS t, acc, acc
#define L11 \
	VSUBSS (SI)(DX*2), X4, X4; VANDPS X15, X4, X4; VADDSS X4, X0, X0

#define HALVES(STEP, ONE) \
	ADDRESSES(n); \
	VBROADCASTSS absmaske2<>(SB), Y15; \
	MOVQ dims+8(FP), R8; \
	MOVQ R8, R12; SHRQ $5, R12; \
	MOVQ R8, R13; ANDQ $31, R13; SHRQ $3, R13; \
	ANDQ $7, R8; \
next: \
	CMPQ R11, R10; JGE done; \
	MOVQ (SP)(R11*8), BX; \
	VXORPS Y0, Y0, Y0; VXORPS Y1, Y1, Y1; VXORPS Y2, Y2, Y2; VXORPS Y3, Y3, Y3; \
	XORQ DX, DX; \
	MOVQ R12, CX; TESTQ CX, CX; JZ narrow; \
l32: \
	STEP(0, 0, Y4, Y0); STEP(16, 32, Y5, Y1); STEP(32, 64, Y6, Y2); STEP(48, 96, Y7, Y3); \
	ADDQ $64, DX; DECQ CX; JNZ l32; \
narrow: \
	MOVQ R13, CX; TESTQ CX, CX; JZ tail; \
l8: \
	STEP(0, 0, Y4, Y0); \
	ADDQ $16, DX; DECQ CX; JNZ l8; \
tail: \
	VADDPS Y1, Y0, Y0; VADDPS Y3, Y2, Y2; VADDPS Y2, Y0, Y0; \
	VEXTRACTF128 $1, Y0, X4; VADDPS X4, X0, X0; \
	VMOVHLPS X0, X0, X4; VADDPS X4, X0, X0; \
	VMOVSHDUP X0, X4; VADDSS X4, X0, X0; \
	MOVQ R8, CX; TESTQ CX, CX; JZ store; \
l1: \
	MOVWLZX (BX)(DX*1), AX; VMOVD AX, X4; VCVTPH2PS X4, X4; \
	ONE; \
	ADDQ $2, DX; DECQ CX; JNZ l1; \
store: \
	VMOVSS X0, (DI)(R11*4); \
	INCQ R11; JMP next; \
done: \
	VZEROUPPER; \
	RET

// Bytes: blocks of 32, then one by one into R13 (and R9).

#define BYTES(STEP, SUM, ONE, STORE) \
	MOVQ n+8(FP), R8; \
	MOVQ R8, R12; SHRQ $5, R12; ANDQ $31, R8; \
next: \
	CMPQ R11, R10; JGE done; \
	MOVQ (SP)(R11*8), BX; \
	VPXOR Y0, Y0, Y0; VPXOR Y1, Y1, Y1; \
	XORQ DX, DX; \
	MOVQ R12, CX; TESTQ CX, CX; JZ sum; \
l32: \
	STEP; \
	ADDQ $32, DX; DECQ CX; JNZ l32; \
sum: \
	SUM; \
	MOVQ R8, CX; TESTQ CX, CX; JZ store; \
l1: \
	ONE; \
	INCQ DX; DECQ CX; JNZ l1; \
store: \
	STORE; \
	INCQ R11; JMP next; \
done: \
	VZEROUPPER; \
	RET

// func halfDotAVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·halfDotAVX2(SB), 0, $512-72
	HALVES(DOT, DOT1)

// func halfL2AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·halfL2AVX2(SB), 0, $512-72
	HALVES(L2, L21)

// func halfL1AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·halfL1AVX2(SB), 0, $512-72
	HALVES(L1, L11)

// func decodeHalvesAVX2(dst *float32, src *byte, blocks int)
// blocks of 8 components; at least one.
TEXT ·decodeHalvesAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ blocks+16(FP), CX
loop:
	VCVTPH2PS (SI), Y0
	VMOVUPS Y0, (DI)
	ADDQ $16, SI
	ADDQ $32, DI
	DECQ CX
	JNZ  loop
	VZEROUPPER
	RET

#define SUM32 \
	VPADDD Y1, Y0, Y0; \
	VEXTRACTI128 $1, Y0, X4; VPADDD X4, X0, X0; \
	VPSHUFD $0x4e, X0, X4; VPADDD X4, X0, X0; \
	VPSHUFD $0xb1, X0, X4; VPADDD X4, X0, X0; \
	VMOVD X0, R13
#define SUM64(y, x, r) \
	VEXTRACTI128 $1, y, X4; VPADDQ X4, x, x; \
	VPSHUFD $0x4e, x, X4; VPADDQ X4, x, x; \
	VMOVD x, r
#define SUM64ONE SUM64(Y0, X0, R13)
#define SUM64TWO SUM64(Y0, X0, R13); SUM64(Y1, X1, R9)

#define STORE \
	MOVL R13, (DI)(R11*4)
#define STORE2 \
	MOVL R13, (DI)(R11*8); MOVL R9, 4(DI)(R11*8)

#define SIGNED(off, s, t) \
	VPMOVSXBW off(SI)(DX*1), s; VPMOVSXBW off(BX)(DX*1), t
#define SIGNED1 \
	MOVBLSX (SI)(DX*1), AX; MOVBLSX (BX)(DX*1), R9

#define I8DOT \
	SIGNED(0, Y4, Y5); VPMADDWD Y5, Y4, Y4; VPADDD Y4, Y0, Y0; \
	SIGNED(16, Y6, Y7); VPMADDWD Y7, Y6, Y6; VPADDD Y6, Y1, Y1
#define I8DOT1 \
	SIGNED1; IMULL R9, AX; ADDL AX, R13

// func int8DotAVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·int8DotAVX2(SB), 0, $512-72
	ADDRESSES(count)
	BYTES(I8DOT, SUM32, I8DOT1, STORE)

#define I8L2 \
	SIGNED(0, Y4, Y5); VPSUBW Y5, Y4, Y4; VPMADDWD Y4, Y4, Y4; VPADDD Y4, Y0, Y0; \
	SIGNED(16, Y6, Y7); VPSUBW Y7, Y6, Y6; VPMADDWD Y6, Y6, Y6; VPADDD Y6, Y1, Y1
#define I8L21 \
	SIGNED1; SUBL R9, AX; IMULL AX, AX; ADDL AX, R13

// func int8L2AVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·int8L2AVX2(SB), 0, $512-72
	ADDRESSES(count)
	BYTES(I8L2, SUM32, I8L21, STORE)

#define I8L1 \
	VPXOR (SI)(DX*1), Y15, Y4; VPXOR (BX)(DX*1), Y15, Y5; VPSADBW Y5, Y4, Y4; VPADDQ Y4, Y0, Y0
// |x| is (x + s) ^ s with s = x >> 31.
#define I8L11 \
	SIGNED1; SUBL R9, AX; MOVL AX, R9; SARL $31, R9; ADDL R9, AX; XORL R9, AX; ADDL AX, R13

// func int8L1AVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·int8L1AVX2(SB), 0, $512-72
	ADDRESSES(count)
	VPBROADCASTD signs2<>(SB), Y15
	BYTES(I8L1, SUM64ONE, I8L11, STORE)

// COUNT adds the bits set in y to acc: nibbles are looked up and summed.
#define COUNT(y, acc) \
	VPAND Y15, y, Y6; VPSHUFB Y6, Y14, Y6; \
	VPSRLW $4, y, y; VPAND Y15, y, y; VPSHUFB y, Y14, y; \
	VPADDB Y6, y, y; VPSADBW Y13, y, y; VPADDQ y, acc, acc
#define COUNTING \
	VPBROADCASTD nibbles2<>(SB), Y15; VBROADCASTI128 counts2<>(SB), Y14; VPXOR Y13, Y13, Y13

#define HAMMING \
	VMOVDQU (SI)(DX*1), Y4; VPXOR (BX)(DX*1), Y4, Y4; COUNT(Y4, Y0)
#define HAMMING1 \
	MOVBLZX (SI)(DX*1), AX; MOVBLZX (BX)(DX*1), R9; XORL R9, AX; POPCNTL AX, AX; ADDL AX, R13

// func hammingAVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·hammingAVX2(SB), 0, $512-72
	ADDRESSES(count)
	COUNTING
	BYTES(HAMMING, SUM64ONE, HAMMING1, STORE)

#define JACCARD \
	VMOVDQU (SI)(DX*1), Y4; VMOVDQU (BX)(DX*1), Y5; \
	VPAND Y5, Y4, Y7; VPOR Y5, Y4, Y4; COUNT(Y7, Y0); COUNT(Y4, Y1)
#define JACCARD1 \
	MOVBLZX (SI)(DX*1), AX; ANDB (BX)(DX*1), AX; POPCNTL AX, AX; ADDL AX, R13; \
	MOVBLZX (SI)(DX*1), AX; ORB (BX)(DX*1), AX; POPCNTL AX, AX; ADDL AX, R9

// func jaccardAVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·jaccardAVX2(SB), 0, $512-72
	ADDRESSES(count)
	COUNTING
	BYTES(JACCARD, SUM64TWO, JACCARD1, STORE2)
