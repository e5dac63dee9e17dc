#include "textflag.h"

// Kernels of binary16, signed bytes and bits for AVX-512. The addresses of all
// records (64 at most) are computed and their first lines requested before the first
// record is used; the rest of a vector is read as a stream. What is left after whole
// blocks is one masked step: nothing beyond the vector is touched.
//
// Registers: SI query, BX vector, DI out, R10 records, R11 the one at hand, R12
// blocks, K1 and K2 masks of the tail, DX offset, Z0..Z3 accumulators, Z30 and Z31
// constants.

DATA absmaske<>+0(SB)/4, $0x7fffffff
GLOBL absmaske<>(SB), RODATA|NOPTR, $4
DATA signs<>+0(SB)/4, $0x80808080
GLOBL signs<>(SB), RODATA|NOPTR, $4
DATA onese<>+0(SB)/4, $0x01010101
GLOBL onese<>(SB), RODATA|NOPTR, $4

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

// binary16 against float32, 64 components at a time, then 16, then a masked step.

#define DOT(h, f, t, acc) \
	VCVTPH2PS h(BX)(DX*1), t; VFMADD231PS f(SI)(DX*2), t, acc
#define DOTTAIL \
	VFMADD231PS Z5, Z4, Z1

#define L2(h, f, t, acc) \
	VCVTPH2PS h(BX)(DX*1), t; VSUBPS f(SI)(DX*2), t, t; VFMADD231PS t, t, acc
#define L2TAIL \
	VSUBPS Z5, Z4, Z4; VFMADD231PS Z4, Z4, Z1

#define L1(h, f, t, acc) \
	VCVTPH2PS h(BX)(DX*1), t; VSUBPS f(SI)(DX*2), t, t; VANDPS Z31, t, t; VADDPS t, acc, acc
#define L1TAIL \
	VSUBPS Z5, Z4, Z4; VANDPS Z31, Z4, Z4; VADDPS Z4, Z1, Z1

#define HALVES(STEP, TAIL) \
	ADDRESSES(n); \
	VBROADCASTSS absmaske<>(SB), Z31; \
	MOVQ dims+8(FP), AX; \
	MOVQ AX, R12; SHRQ $6, R12; \
	MOVQ AX, R13; ANDQ $63, R13; SHRQ $4, R13; \
	MOVQ AX, CX; ANDQ $15, CX; \
	MOVL $1, DX; SHLL CX, DX; DECL DX; KMOVW DX, K1; \
next: \
	CMPQ R11, R10; JGE done; \
	MOVQ (SP)(R11*8), BX; \
	VPXORQ Z0, Z0, Z0; VPXORQ Z1, Z1, Z1; VPXORQ Z2, Z2, Z2; VPXORQ Z3, Z3, Z3; \
	XORQ DX, DX; \
	MOVQ R12, CX; TESTQ CX, CX; JZ narrow; \
l64: \
	STEP(0, 0, Z4, Z0); STEP(32, 64, Z5, Z1); STEP(64, 128, Z6, Z2); STEP(96, 192, Z7, Z3); \
	ADDQ $128, DX; DECQ CX; JNZ l64; \
narrow: \
	MOVQ R13, CX; TESTQ CX, CX; JZ tail; \
l16: \
	STEP(0, 0, Z4, Z0); \
	ADDQ $32, DX; DECQ CX; JNZ l16; \
tail: \
	VMOVDQU16.Z (BX)(DX*1), K1, Y5; VCVTPH2PS Y5, Z5; VMOVUPS.Z (SI)(DX*2), K1, Z4; \
	TAIL; \
	VADDPS Z1, Z0, Z0; VADDPS Z3, Z2, Z2; VADDPS Z2, Z0, Z0; \
	VEXTRACTF64X4 $1, Z0, Y4; VADDPS Y4, Y0, Y0; \
	VEXTRACTF128 $1, Y0, X4; VADDPS X4, X0, X0; \
	VMOVHLPS X0, X0, X4; VADDPS X4, X0, X0; \
	VMOVSHDUP X0, X4; VADDSS X4, X0, X0; \
	VMOVSS X0, (DI)(R11*4); \
	INCQ R11; JMP next; \
done: \
	VZEROUPPER; \
	RET

// Bytes, 64 at a time, then a masked step.

// BYTES runs over the records. STEP(off, s, t, u, acc) takes 64 bytes at an offset;
// TAIL has the last ones, zero beyond, in Z4 (query) and Z5 (vector); STORE sums Z0
// to Z3 into out.
#define BYTES(STEP, TAIL, STORE) \
	MOVQ n+8(FP), AX; \
	MOVQ AX, R12; SHRQ $6, R12; \
	MOVQ AX, CX; ANDQ $63, CX; \
	MOVQ $1, DX; SHLQ CX, DX; DECQ DX; KMOVQ DX, K1; \
next: \
	CMPQ R11, R10; JGE done; \
	MOVQ (SP)(R11*8), BX; \
	VPXORQ Z0, Z0, Z0; VPXORQ Z1, Z1, Z1; \
	XORQ DX, DX; \
	MOVQ R12, CX; TESTQ CX, CX; JZ tail; \
l64: \
	STEP; \
	ADDQ $64, DX; DECQ CX; JNZ l64; \
tail: \
	VMOVDQU8.Z (SI)(DX*1), K1, Z4; VMOVDQU8.Z (BX)(DX*1), K1, Z5; \
	TAIL; \
	STORE; \
	INCQ R11; JMP next; \
done: \
	VZEROUPPER; \
	RET

// func halfDotAVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·halfDotAVX512(SB), 0, $512-72
	HALVES(DOT, DOTTAIL)

// func halfL2AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·halfL2AVX512(SB), 0, $512-72
	HALVES(L2, L2TAIL)

// func halfL1AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·halfL1AVX512(SB), 0, $512-72
	HALVES(L1, L1TAIL)

// SUM32 and SUM64 add the lanes of z into r.
#define SUM32(z, y, x, r) \
	VEXTRACTI64X4 $1, z, Y6; VPADDD Y6, y, y; \
	VEXTRACTI128 $1, y, X6; VPADDD X6, x, x; \
	VPSHUFD $0x4e, x, X6; VPADDD X6, x, x; \
	VPSHUFD $0xb1, x, X6; VPADDD X6, x, x; \
	VMOVD x, r
#define SUM64(z, y, x, r) \
	VEXTRACTI64X4 $1, z, Y6; VPADDQ Y6, y, y; \
	VEXTRACTI128 $1, y, X6; VPADDQ X6, x, x; \
	VPSHUFD $0x4e, x, X6; VPADDQ X6, x, x; \
	VMOVD x, r

#define STORE32 \
	SUM32(Z0, Y0, X0, AX); MOVL AX, (DI)(R11*4)
#define STORE64 \
	SUM64(Z0, Y0, X0, AX); MOVL AX, (DI)(R11*4)

// VNNI multiplies unsigned by signed: the vector is shifted by 128 (its sign bit is
// flipped), and 128 times the sum of the query is subtracted.
#define I8DOT \
	VMOVDQU64 (SI)(DX*1), Z4; VPXORQ (BX)(DX*1), Z30, Z5; VPDPBUSD Z4, Z5, Z0
#define I8DOTTAIL \
	VPXORQ Z30, Z5, Z5; VPDPBUSD Z4, Z5, Z0
#define I8DOTSTORE \
	SUM32(Z0, Y0, X0, AX); SUBL R13, AX; MOVL AX, (DI)(R11*4)

// func int8DotAVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·int8DotAVX512(SB), 0, $512-72
	ADDRESSES(count)
	VPBROADCASTD signs<>(SB), Z30
	VPBROADCASTD onese<>(SB), Z31
	VPXORQ Z0, Z0, Z0
	XORQ DX, DX
	MOVQ n+8(FP), R12
	MOVQ R12, CX
	SHRQ $6, CX
	JZ   last
sum: // of the query
	VMOVDQU64 (SI)(DX*1), Z4
	VPDPBUSD Z4, Z31, Z0
	ADDQ $64, DX
	DECQ CX
	JNZ  sum
last:
	MOVQ R12, CX
	ANDQ $63, CX
	MOVQ $1, AX
	SHLQ CX, AX
	DECQ AX
	KMOVQ AX, K1
	VMOVDQU8.Z (SI)(DX*1), K1, Z4
	VPDPBUSD Z4, Z31, Z0
	SUM32(Z0, Y0, X0, R13)
	SHLL $7, R13
	BYTES(I8DOT, I8DOTTAIL, I8DOTSTORE)

// Differences take 16 bits: 32 bytes a step.
#define I8L2HALF(off, s, t, acc) \
	VPMOVSXBW off(SI)(DX*1), s; VPMOVSXBW off(BX)(DX*1), t; VPSUBW t, s, s; VPDPWSSD s, s, acc
#define I8L2 \
	I8L2HALF(0, Z4, Z5, Z0); I8L2HALF(32, Z6, Z7, Z1)
#define I8L2TAIL \
	VPMOVSXBW Y4, Z6; VPMOVSXBW Y5, Z7; VPSUBW Z7, Z6, Z6; VPDPWSSD Z6, Z6, Z0; \
	VEXTRACTI64X4 $1, Z4, Y4; VEXTRACTI64X4 $1, Z5, Y5; \
	VPMOVSXBW Y4, Z6; VPMOVSXBW Y5, Z7; VPSUBW Z7, Z6, Z6; VPDPWSSD Z6, Z6, Z1; \
	VPADDD Z1, Z0, Z0

// func int8L2AVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·int8L2AVX512(SB), 0, $512-72
	ADDRESSES(count)
	BYTES(I8L2, I8L2TAIL, STORE32)

// VPSADBW subtracts unsigned bytes: both sides are shifted by 128.
#define I8L1 \
	VPXORQ (SI)(DX*1), Z30, Z4; VPXORQ (BX)(DX*1), Z30, Z5; VPSADBW Z5, Z4, Z4; VPADDQ Z4, Z0, Z0
#define I8L1TAIL \
	VPXORQ Z30, Z4, Z4; VPXORQ Z30, Z5, Z5; VPSADBW Z5, Z4, Z4; VPADDQ Z4, Z0, Z0

// func int8L1AVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·int8L1AVX512(SB), 0, $512-72
	ADDRESSES(count)
	VPBROADCASTD signs<>(SB), Z30
	BYTES(I8L1, I8L1TAIL, STORE64)

#define HAMMING \
	VMOVDQU64 (SI)(DX*1), Z4; VPXORQ (BX)(DX*1), Z4, Z4; VPOPCNTQ Z4, Z4; VPADDQ Z4, Z0, Z0
#define HAMMINGTAIL \
	VPXORQ Z5, Z4, Z4; VPOPCNTQ Z4, Z4; VPADDQ Z4, Z0, Z0

// func hammingAVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·hammingAVX512(SB), 0, $512-72
	ADDRESSES(count)
	BYTES(HAMMING, HAMMINGTAIL, STORE64)

#define JACCARD \
	VMOVDQU64 (SI)(DX*1), Z4; VMOVDQU64 (BX)(DX*1), Z5; JACCARDTAIL
#define JACCARDTAIL \
	VPANDQ Z5, Z4, Z7; VPORQ Z5, Z4, Z4; VPOPCNTQ Z7, Z7; VPOPCNTQ Z4, Z4; \
	VPADDQ Z7, Z0, Z0; VPADDQ Z4, Z1, Z1
#define JACCARDSTORE \
	SUM64(Z0, Y0, X0, AX); MOVL AX, (DI)(R11*8); \
	SUM64(Z1, Y1, X1, AX); MOVL AX, 4(DI)(R11*8)

// func jaccardAVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)
TEXT ·jaccardAVX512(SB), 0, $512-72
	ADDRESSES(count)
	BYTES(JACCARD, JACCARDTAIL, JACCARDSTORE)
