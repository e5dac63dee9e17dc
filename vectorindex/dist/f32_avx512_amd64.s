#include "textflag.h"
#include "stream_amd64.h"

// float32 kernels for AVX-512. A vector is walked in blocks of 64 floats with
// four accumulators, then 16 floats at a time, then one masked step: nothing
// beyond the vector is touched (masked-out lanes do not fault).
//
// Registers: SI query, BX vector, R12 blocks of 64, R13 blocks of 16 after them,
// K1 mask of the tail, DX offset, Z0..Z3 accumulators, Z31 sign mask (L1).

DATA absmask<>+0(SB)/4, $0x7fffffff
GLOBL absmask<>(SB), RODATA|NOPTR, $4

// SHAPE splits the dimensions in AX.
#define SHAPE \
	MOVQ AX, R12; SHRQ $6, R12; \
	MOVQ AX, R13; ANDQ $63, R13; SHRQ $4, R13; \
	MOVQ AX, CX; ANDQ $15, CX; \
	MOVL $1, DX; SHLL CX, DX; DECL DX; KMOVW DX, K1

#define DOT(off, t, acc) \
	VMOVUPS off(SI)(DX*1), t; VFMADD231PS off(BX)(DX*1), t, acc
#define DOTTAIL \
	VMOVUPS.Z (SI)(DX*1), K1, Z4; VMOVUPS.Z (BX)(DX*1), K1, Z5; VFMADD231PS Z5, Z4, Z1

#define L2(off, t, acc) \
	VMOVUPS off(SI)(DX*1), t; VSUBPS off(BX)(DX*1), t, t; VFMADD231PS t, t, acc
#define L2TAIL \
	VMOVUPS.Z (SI)(DX*1), K1, Z4; VMOVUPS.Z (BX)(DX*1), K1, Z5; VSUBPS Z5, Z4, Z4; VFMADD231PS Z4, Z4, Z1

#define L1(off, t, acc) \
	VMOVUPS off(SI)(DX*1), t; VSUBPS off(BX)(DX*1), t, t; VANDPS Z31, t, t; VADDPS t, acc, acc
#define L1TAIL \
	VMOVUPS.Z (SI)(DX*1), K1, Z4; VMOVUPS.Z (BX)(DX*1), K1, Z5; VSUBPS Z5, Z4, Z4; VANDPS Z31, Z4, Z4; VADDPS Z4, Z1, Z1

// VECTOR leaves the sum for one vector in X0.
#define VECTOR(STEP, TAIL, wide, narrow, tail, l64, l16) \
	VPXORQ Z0, Z0, Z0; VPXORQ Z1, Z1, Z1; VPXORQ Z2, Z2, Z2; VPXORQ Z3, Z3, Z3; \
	XORQ DX, DX; \
	MOVQ R12, CX; TESTQ CX, CX; JZ narrow; \
l64: \
	STEP(0, Z4, Z0); STEP(64, Z5, Z1); STEP(128, Z6, Z2); STEP(192, Z7, Z3); \
	ADDQ $256, DX; DECQ CX; JNZ l64; \
narrow: \
	MOVQ R13, CX; TESTQ CX, CX; JZ tail; \
l16: \
	STEP(0, Z4, Z0); \
	ADDQ $64, DX; DECQ CX; JNZ l16; \
tail: \
	TAIL; \
	VADDPS Z1, Z0, Z0; VADDPS Z3, Z2, Z2; VADDPS Z2, Z0, Z0; \
	SUM(Z0, Y0, X0, Y4, X4)

// SUM adds the lanes of z into the lowest one.
#define SUM(z, y, x, ty, tx) \
	VEXTRACTF64X4 $1, z, ty; VADDPS ty, y, y; \
	VEXTRACTF128 $1, y, tx; VADDPS tx, x, x; \
	VMOVHLPS x, x, tx; VADDPS tx, x, x; \
	VMOVSHDUP x, tx; VADDSS tx, x, x

// SCAN is a kernel over consecutive vectors.
#define SCAN(STEP, TAIL) \
	MOVQ q+0(FP), SI; MOVQ base+8(FP), BX; MOVQ dims+16(FP), AX; \
	MOVQ n+24(FP), R10; MOVQ ahead+32(FP), R11; MOVQ out+40(FP), DI; \
	VBROADCASTSS absmask<>(SB), Z31; \
	MOVQ AX, R9; SHLQ $2, R9; \
	SHAPE; \
	TESTQ R10, R10; JZ done; \
OPENSTREAM \
next: \
	ASKAHEAD \
	VECTOR(STEP, TAIL, wide, narrow, tail, l64, l16); \
	VMOVSS X0, (DI); \
	ADDQ R9, BX; ADDQ $4, DI; DECQ R10; JNZ next; \
done: \
	VZEROUPPER; \
	RET

// GATHER is a kernel over ordinals: the addresses of all records are computed and
// their first lines requested before the first record is used. n is at most 64.
#define GATHER(STEP, TAIL) \
	MOVQ tab+16(FP), DI; MOVQ shift+24(FP), CX; MOVL mask+32(FP), R8; \
	MOVQ stride+40(FP), R9; MOVQ ords+48(FP), SI; MOVQ n+56(FP), R10; \
	XORQ R11, R11; \
addr: \
	CMPQ R11, R10; JGE ready; \
	MOVL (SI)(R11*4), AX; \
	MOVQ AX, BX; SHRQ CX, BX; MOVQ (DI)(BX*8), BX; \
	ANDQ R8, AX; IMULQ R9, AX; ADDQ AX, BX; \
	MOVQ BX, (SP)(R11*8); \
	PREFETCHT0 (BX); PREFETCHT0 64(BX); PREFETCHT0 128(BX); PREFETCHT0 192(BX); \
	INCQ R11; JMP addr; \
ready: \
	MOVQ q+0(FP), SI; MOVQ dims+8(FP), AX; MOVQ out+64(FP), DI; \
	VBROADCASTSS absmask<>(SB), Z31; \
	SHAPE; \
	XORQ R11, R11; \
next: \
	CMPQ R11, R10; JGE done; \
	MOVQ (SP)(R11*8), BX; \
	VECTOR(STEP, TAIL, wide, narrow, tail, l64, l16); \
	VMOVSS X0, (DI)(R11*4); \
	INCQ R11; JMP next; \
done: \
	VZEROUPPER; \
	RET

// func dotAVX512(q, base *float32, dims, n, ahead int, out *float32)
TEXT ·dotAVX512(SB), NOSPLIT, $0-48
	SCAN(DOT, DOTTAIL)

// func l2AVX512(q, base *float32, dims, n, ahead int, out *float32)
TEXT ·l2AVX512(SB), NOSPLIT, $0-48
	SCAN(L2, L2TAIL)

// func l1AVX512(q, base *float32, dims, n, ahead int, out *float32)
TEXT ·l1AVX512(SB), NOSPLIT, $0-48
	SCAN(L1, L1TAIL)

// Dot product in Z0 and Z1, squared norm of the vector in Z2 and Z3.
#define DOTNORM2 \
	VMOVUPS (BX)(DX*1), Z4; VFMADD231PS (SI)(DX*1), Z4, Z0; VFMADD231PS Z4, Z4, Z2; \
	VMOVUPS 64(BX)(DX*1), Z5; VFMADD231PS 64(SI)(DX*1), Z5, Z1; VFMADD231PS Z5, Z5, Z3

// func dotNormAVX512(q, base *float32, dims, n int, out *float32)
TEXT ·dotNormAVX512(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), SI
	MOVQ base+8(FP), BX
	MOVQ dims+16(FP), AX
	MOVQ n+24(FP), R10
	MOVQ out+32(FP), DI
	MOVQ AX, R9
	SHLQ $2, R9
	SHAPE
	MOVQ AX, R12
	SHRQ $5, R12              // blocks of 32 here
	ANDQ $1, R13              // at most one block of 16 is left
	TESTQ R10, R10
	JZ   done
next:
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	XORQ DX, DX
	MOVQ R12, CX
	TESTQ CX, CX
	JZ   narrow
l32:
	DOTNORM2
	ADDQ $128, DX
	DECQ CX
	JNZ  l32
narrow:
	TESTQ R13, R13
	JZ   tail
	VMOVUPS (BX)(DX*1), Z4
	VFMADD231PS (SI)(DX*1), Z4, Z0
	VFMADD231PS Z4, Z4, Z2
	ADDQ $64, DX
tail:
	VMOVUPS.Z (SI)(DX*1), K1, Z4
	VMOVUPS.Z (BX)(DX*1), K1, Z5
	VFMADD231PS Z5, Z4, Z1
	VFMADD231PS Z5, Z5, Z3
	VADDPS Z1, Z0, Z0
	VADDPS Z3, Z2, Z2
	SUM(Z0, Y0, X0, Y4, X4)
	SUM(Z2, Y2, X2, Y4, X4)
	VMOVSS X0, (DI)
	VMOVSS X2, 4(DI)
	ADDQ R9, BX
	ADDQ $8, DI
	DECQ R10
	JNZ  next
done:
	VZEROUPPER
	RET

// func gatherDotAVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·gatherDotAVX512(SB), 0, $512-72
	GATHER(DOT, DOTTAIL)

// func gatherL2AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·gatherL2AVX512(SB), 0, $512-72
	GATHER(L2, L2TAIL)

// func gatherL1AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·gatherL1AVX512(SB), 0, $512-72
	GATHER(L1, L1TAIL)
