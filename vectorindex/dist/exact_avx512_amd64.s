#include "textflag.h"

// Exact sums in float64. Component i is added to lane i mod 32, then lanes are
// folded in halves: the order is part of the contract (exact.go), so that every
// tier gives the same bits. Products of two float32 are exact in float64, so a
// fused multiply-add rounds as a multiplication and an addition do; squares of
// differences are not, so they are multiplied and added separately.
//
// SI and DI the vectors, DX offset, Z0..Z3 the lanes, K1..K4 masks of the tail.

DATA absmask64<>+0(SB)/8, $0x7fffffffffffffff
GLOBL absmask64<>(SB), RODATA|NOPTR, $8

#define DOT(off, acc, s, t) \
	VCVTPS2PD off(SI)(DX*1), s; VCVTPS2PD off(DI)(DX*1), t; VFMADD231PD t, s, acc
#define DOTK(off, k, acc, s, t) \
	VCVTPS2PD.Z off(SI)(DX*1), k, s; VCVTPS2PD.Z off(DI)(DX*1), k, t; VFMADD231PD t, s, acc

#define L2(off, acc, s, t) \
	VCVTPS2PD off(SI)(DX*1), s; VCVTPS2PD off(DI)(DX*1), t; VSUBPD t, s, s; VMULPD s, s, s; VADDPD s, acc, acc
#define L2K(off, k, acc, s, t) \
	VCVTPS2PD.Z off(SI)(DX*1), k, s; VCVTPS2PD.Z off(DI)(DX*1), k, t; VSUBPD t, s, s; VMULPD s, s, s; VADDPD s, acc, acc

#define L1(off, acc, s, t) \
	VCVTPS2PD off(SI)(DX*1), s; VCVTPS2PD off(DI)(DX*1), t; VSUBPD t, s, s; VANDPD Z31, s, s; VADDPD s, acc, acc
#define L1K(off, k, acc, s, t) \
	VCVTPS2PD.Z off(SI)(DX*1), k, s; VCVTPS2PD.Z off(DI)(DX*1), k, t; VSUBPD t, s, s; VANDPD Z31, s, s; VADDPD s, acc, acc

#define EXACT(STEP, STEPK) \
	MOVQ a+0(FP), SI; MOVQ b+8(FP), DI; MOVQ n+16(FP), CX; \
	VBROADCASTSD absmask64<>(SB), Z31; \
	VPXORQ Z0, Z0, Z0; VPXORQ Z1, Z1, Z1; VPXORQ Z2, Z2, Z2; VPXORQ Z3, Z3, Z3; \
	XORQ DX, DX; \
	MOVQ CX, R8; SHRQ $5, R8; JZ tail; \
loop: \
	STEP(0, Z0, Z4, Z5); STEP(32, Z1, Z6, Z7); STEP(64, Z2, Z8, Z9); STEP(96, Z3, Z10, Z11); \
	ADDQ $128, DX; DECQ R8; JNZ loop; \
tail: \
	ANDQ $31, CX; JZ fold; \
	MOVL $1, AX; SHLL CX, AX; DECL AX; \
	KMOVW AX, K1; SHRL $8, AX; KMOVW AX, K2; SHRL $8, AX; KMOVW AX, K3; SHRL $8, AX; KMOVW AX, K4; \
	STEPK(0, K1, Z0, Z4, Z5); STEPK(32, K2, Z1, Z6, Z7); STEPK(64, K3, Z2, Z8, Z9); STEPK(96, K4, Z3, Z10, Z11); \
fold: \
	VADDPD Z2, Z0, Z0; VADDPD Z3, Z1, Z1; VADDPD Z1, Z0, Z0; \
	VEXTRACTF64X4 $1, Z0, Y1; VADDPD Y1, Y0, Y0; \
	VEXTRACTF128 $1, Y0, X1; VADDPD X1, X0, X0; \
	VUNPCKHPD X0, X0, X1; VADDSD X1, X0, X0; \
	VMOVSD X0, ret+24(FP); \
	VZEROUPPER; \
	RET

// func dot64AVX512(a, b *float32, n int) float64
TEXT ·dot64AVX512(SB), NOSPLIT, $0-32
	EXACT(DOT, DOTK)

// func l264AVX512(a, b *float32, n int) float64
TEXT ·l264AVX512(SB), NOSPLIT, $0-32
	EXACT(L2, L2K)

// func l164AVX512(a, b *float32, n int) float64
TEXT ·l164AVX512(SB), NOSPLIT, $0-32
	EXACT(L1, L1K)
