#include "textflag.h"
#include "stream_amd64.h"

// float32 kernels for AVX2 and FMA. A vector is walked in blocks of 32 floats
// with four accumulators, then 8 floats at a time, then one by one: nothing beyond
// the vector is touched.
//
// Registers: SI query, BX vector, R12 blocks of 32, R13 blocks of 8 after them,
// R14 is the runtime's, AX floats after those, DX offset, Y0..Y3 accumulators,
// Y15 sign mask (L1).

DATA absmask2<>+0(SB)/4, $0x7fffffff
GLOBL absmask2<>(SB), RODATA|NOPTR, $4

#define SHAPE \
	MOVQ AX, R12; SHRQ $5, R12; \
	MOVQ AX, R13; ANDQ $31, R13; SHRQ $3, R13; \
	ANDQ $7, AX

#define DOT(off, t, acc) \
	VMOVUPS off(SI)(DX*1), t; VFMADD231PS off(BX)(DX*1), t, acc
#define DOT1 \
	VMOVSS (SI)(DX*1), X4; VFMADD231SS (BX)(DX*1), X4, X0

#define L2(off, t, acc) \
	VMOVUPS off(SI)(DX*1), t; VSUBPS off(BX)(DX*1), t, t; VFMADD231PS t, t, acc
#define L21 \
	VMOVSS (SI)(DX*1), X4; VSUBSS (BX)(DX*1), X4, X4; VFMADD231SS X4, X4, X0

#define L1(off, t, acc) \
	VMOVUPS off(SI)(DX*1), t; VSUBPS off(BX)(DX*1), t, t; VANDPS Y15, t, t; VADDPS t, acc, acc
#define L11 \
	VMOVSS (SI)(DX*1), X4; VSUBSS (BX)(DX*1), X4, X4; VANDPS X15, X4, X4; VADDSS X4, X0, X0

// SUM adds the lanes of y into the lowest one.
#define SUM(y, x, tx) \
	VEXTRACTF128 $1, y, tx; VADDPS tx, x, x; \
	VMOVHLPS x, x, tx; VADDPS tx, x, x; \
	VMOVSHDUP x, tx; VADDSS tx, x, x

// VECTOR leaves the sum for one vector in X0.
#define VECTOR(STEP, ONE, narrow, tail, l32, l8, l1, end) \
	VXORPS Y0, Y0, Y0; VXORPS Y1, Y1, Y1; VXORPS Y2, Y2, Y2; VXORPS Y3, Y3, Y3; \
	XORQ DX, DX; \
	MOVQ R12, CX; TESTQ CX, CX; JZ narrow; \
l32: \
	STEP(0, Y4, Y0); STEP(32, Y5, Y1); STEP(64, Y6, Y2); STEP(96, Y7, Y3); \
	ADDQ $128, DX; DECQ CX; JNZ l32; \
narrow: \
	MOVQ R13, CX; TESTQ CX, CX; JZ tail; \
l8: \
	STEP(0, Y4, Y0); \
	ADDQ $32, DX; DECQ CX; JNZ l8; \
tail: \
	VADDPS Y1, Y0, Y0; VADDPS Y3, Y2, Y2; VADDPS Y2, Y0, Y0; \
	SUM(Y0, X0, X4); \
	MOVQ AX, CX; TESTQ CX, CX; JZ end; \
l1: \
	ONE; \
	ADDQ $4, DX; DECQ CX; JNZ l1; \
end: \

#define SCAN(STEP, ONE) \
	MOVQ q+0(FP), SI; MOVQ base+8(FP), BX; MOVQ dims+16(FP), AX; \
	MOVQ n+24(FP), R10; MOVQ ahead+32(FP), R11; MOVQ out+40(FP), DI; \
	VBROADCASTSS absmask2<>(SB), Y15; \
	MOVQ AX, R9; SHLQ $2, R9; \
	SHAPE; \
	TESTQ R10, R10; JZ done; \
OPENSTREAM \
next: \
	ASKAHEAD \
	VECTOR(STEP, ONE, narrow, tail, l32, l8, l1, end) \
	VMOVSS X0, (DI); \
	ADDQ R9, BX; ADDQ $4, DI; DECQ R10; JNZ next; \
done: \
	VZEROUPPER; \
	RET

// GATHER is a kernel over ordinals: the addresses of all records are computed and
// their first lines requested before the first record is used. n is at most 64.
#define GATHER(STEP, ONE) \
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
	VBROADCASTSS absmask2<>(SB), Y15; \
	SHAPE; \
	XORQ R11, R11; \
next: \
	CMPQ R11, R10; JGE done; \
	MOVQ (SP)(R11*8), BX; \
	VECTOR(STEP, ONE, narrow, tail, l32, l8, l1, end) \
	VMOVSS X0, (DI)(R11*4); \
	INCQ R11; JMP next; \
done: \
	VZEROUPPER; \
	RET

// func dotAVX2(q, base *float32, dims, n, ahead int, out *float32)
TEXT ·dotAVX2(SB), NOSPLIT, $0-48
	SCAN(DOT, DOT1)

// func l2AVX2(q, base *float32, dims, n, ahead int, out *float32)
TEXT ·l2AVX2(SB), NOSPLIT, $0-48
	SCAN(L2, L21)

// func l1AVX2(q, base *float32, dims, n, ahead int, out *float32)
TEXT ·l1AVX2(SB), NOSPLIT, $0-48
	SCAN(L1, L11)

// func dotNormAVX2(q, base *float32, dims, n int, out *float32)
TEXT ·dotNormAVX2(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), SI
	MOVQ base+8(FP), BX
	MOVQ dims+16(FP), AX
	MOVQ n+24(FP), R10
	MOVQ out+32(FP), DI
	MOVQ AX, R9
	SHLQ $2, R9
	MOVQ AX, R12
	SHRQ $4, R12              // blocks of 16
	ANDQ $15, AX
	TESTQ R10, R10
	JZ   done
next:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	XORQ DX, DX
	MOVQ R12, CX
	TESTQ CX, CX
	JZ   tail
l16:
	VMOVUPS (BX)(DX*1), Y4
	VFMADD231PS (SI)(DX*1), Y4, Y0
	VFMADD231PS Y4, Y4, Y2
	VMOVUPS 32(BX)(DX*1), Y5
	VFMADD231PS 32(SI)(DX*1), Y5, Y1
	VFMADD231PS Y5, Y5, Y3
	ADDQ $64, DX
	DECQ CX
	JNZ  l16
tail:
	VADDPS Y1, Y0, Y0
	VADDPS Y3, Y2, Y2
	SUM(Y0, X0, X4)
	SUM(Y2, X2, X4)
	MOVQ AX, CX
	TESTQ CX, CX
	JZ   end
l1:
	VMOVSS (BX)(DX*1), X4
	VFMADD231SS (SI)(DX*1), X4, X0
	VFMADD231SS X4, X4, X2
	ADDQ $4, DX
	DECQ CX
	JNZ  l1
end:
	VMOVSS X0, (DI)
	VMOVSS X2, 4(DI)
	ADDQ R9, BX
	ADDQ $8, DI
	DECQ R10
	JNZ  next
done:
	VZEROUPPER
	RET

// func gatherDotAVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·gatherDotAVX2(SB), 0, $512-72
	GATHER(DOT, DOT1)

// func gatherL2AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·gatherL2AVX2(SB), 0, $512-72
	GATHER(L2, L21)

// func gatherL1AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·gatherL1AVX2(SB), 0, $512-72
	GATHER(L1, L11)
