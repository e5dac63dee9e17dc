#include "textflag.h"

// Exact sums in float64 for whole blocks of 32 components; see
// exact_avx512_amd64.s for the order. The 32 lanes are added to lanes, and Go
// does the rest.

DATA absmask642<>+0(SB)/8, $0x7fffffffffffffff
GLOBL absmask642<>(SB), RODATA|NOPTR, $8

#define DOT(off, acc) \
	VCVTPS2PD off(SI)(DX*1), Y8; VCVTPS2PD off(DI)(DX*1), Y9; VFMADD231PD Y9, Y8, acc
#define L2(off, acc) \
	VCVTPS2PD off(SI)(DX*1), Y8; VCVTPS2PD off(DI)(DX*1), Y9; VSUBPD Y9, Y8, Y8; VMULPD Y8, Y8, Y8; VADDPD Y8, acc, acc
#define L1(off, acc) \
	VCVTPS2PD off(SI)(DX*1), Y8; VCVTPS2PD off(DI)(DX*1), Y9; VSUBPD Y9, Y8, Y8; VANDPD Y15, Y8, Y8; VADDPD Y8, acc, acc

#define EXACT(STEP) \
	MOVQ a+0(FP), SI; MOVQ b+8(FP), DI; MOVQ blocks+16(FP), CX; MOVQ lanes+24(FP), R8; \
	VBROADCASTSD absmask642<>(SB), Y15; \
	VXORPD Y0, Y0, Y0; VXORPD Y1, Y1, Y1; VXORPD Y2, Y2, Y2; VXORPD Y3, Y3, Y3; \
	VXORPD Y4, Y4, Y4; VXORPD Y5, Y5, Y5; VXORPD Y6, Y6, Y6; VXORPD Y7, Y7, Y7; \
	XORQ DX, DX; \
loop: \
	STEP(0, Y0); STEP(16, Y1); STEP(32, Y2); STEP(48, Y3); \
	STEP(64, Y4); STEP(80, Y5); STEP(96, Y6); STEP(112, Y7); \
	ADDQ $128, DX; DECQ CX; JNZ loop; \
	VMOVUPD Y0, (R8); VMOVUPD Y1, 32(R8); VMOVUPD Y2, 64(R8); VMOVUPD Y3, 96(R8); \
	VMOVUPD Y4, 128(R8); VMOVUPD Y5, 160(R8); VMOVUPD Y6, 192(R8); VMOVUPD Y7, 224(R8); \
	VZEROUPPER; \
	RET

// func dot64AVX2(a, b *float32, blocks int, lanes *[32]float64)
TEXT ·dot64AVX2(SB), NOSPLIT, $0-32
	EXACT(DOT)

// func l264AVX2(a, b *float32, blocks int, lanes *[32]float64)
TEXT ·l264AVX2(SB), NOSPLIT, $0-32
	EXACT(L2)

// func l164AVX2(a, b *float32, blocks int, lanes *[32]float64)
TEXT ·l164AVX2(SB), NOSPLIT, $0-32
	EXACT(L1)
