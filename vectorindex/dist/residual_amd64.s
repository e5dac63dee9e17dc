#include "textflag.h"

// Differences and 8-bit rounding of a query, see Residual and Round8. Lengths are
// multiples of 64.

DATA residualAbs<>+0(SB)/4, $0x7fffffff
GLOBL residualAbs<>(SB), RODATA|NOPTR, $4

DATA round8Order<>+0(SB)/4, $0
DATA round8Order<>+4(SB)/4, $4
DATA round8Order<>+8(SB)/4, $1
DATA round8Order<>+12(SB)/4, $5
DATA round8Order<>+16(SB)/4, $2
DATA round8Order<>+20(SB)/4, $6
DATA round8Order<>+24(SB)/4, $3
DATA round8Order<>+28(SB)/4, $7
GLOBL round8Order<>(SB), RODATA|NOPTR, $32

// REDUCE leaves the greatest lane of Y2 and the sum of Y3 in the results.
#define REDUCE(most, sum) \
	VEXTRACTF128 $1, Y2, X4; VMAXPS X4, X2, X2; \
	VEXTRACTF128 $1, Y3, X5; VADDPS X5, X3, X3; \
	VMOVHLPS X2, X2, X4; VMAXPS X4, X2, X2;     \
	VMOVHLPS X3, X3, X5; VADDPS X5, X3, X3;     \
	VMOVSHDUP X2, X4; VMAXSS X4, X2, X2;        \
	VMOVSHDUP X3, X5; VADDSS X5, X3, X3;        \
	VMOVSS X2, most;                            \
	VMOVSS X3, sum;                             \
	VZEROUPPER

// func residualAVX512(dst, a, b *float32, n int) (most, normSq float32)
TEXT ·residualAVX512(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), BX
	MOVQ n+24(FP), CX
	VBROADCASTSS residualAbs<>(SB), Z31
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	VPXORQ Z6, Z6, Z6
	VPXORQ Z7, Z7, Z7
	XORQ DX, DX
loop:
	VMOVUPS (SI)(DX*4), Z0
	VMOVUPS 64(SI)(DX*4), Z1
	VSUBPS (BX)(DX*4), Z0, Z0
	VSUBPS 64(BX)(DX*4), Z1, Z1
	VMOVUPS Z0, (DI)(DX*4)
	VMOVUPS Z1, 64(DI)(DX*4)
	VFMADD231PS Z0, Z0, Z3
	VFMADD231PS Z1, Z1, Z7
	VANDPS Z31, Z0, Z0
	VANDPS Z31, Z1, Z1
	VMAXPS Z0, Z2, Z2
	VMAXPS Z1, Z6, Z6
	ADDQ $32, DX
	CMPQ DX, CX
	JLT  loop
	VMAXPS Z6, Z2, Z2
	VADDPS Z7, Z3, Z3
	VEXTRACTF64X4 $1, Z2, Y4
	VMAXPS Y4, Y2, Y2
	VEXTRACTF64X4 $1, Z3, Y5
	VADDPS Y5, Y3, Y3
	REDUCE(most+32(FP), normSq+36(FP))
	RET

// func residualAVX2(dst, a, b *float32, n int) (most, normSq float32)
TEXT ·residualAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), BX
	MOVQ n+24(FP), CX
	VBROADCASTSS residualAbs<>(SB), Y15
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	XORQ DX, DX
loop:
	VMOVUPS (SI)(DX*4), Y0
	VMOVUPS 32(SI)(DX*4), Y1
	VSUBPS (BX)(DX*4), Y0, Y0
	VSUBPS 32(BX)(DX*4), Y1, Y1
	VMOVUPS Y0, (DI)(DX*4)
	VMOVUPS Y1, 32(DI)(DX*4)
	VFMADD231PS Y0, Y0, Y3
	VFMADD231PS Y1, Y1, Y7
	VANDPS Y15, Y0, Y0
	VANDPS Y15, Y1, Y1
	VMAXPS Y0, Y2, Y2
	VMAXPS Y1, Y6, Y6
	ADDQ $16, DX
	CMPQ DX, CX
	JLT  loop
	VMAXPS Y6, Y2, Y2
	VADDPS Y7, Y3, Y3
	REDUCE(most+32(FP), normSq+36(FP))
	RET

// func round8AVX512(dst *int8, v *float32, inv float32, n int) int32
TEXT ·round8AVX512(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ v+8(FP), SI
	VBROADCASTSS inv+16(FP), Z31
	MOVQ n+24(FP), CX
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	XORQ DX, DX
loop:
	VMULPS (SI)(DX*4), Z31, Z0
	VMULPS 64(SI)(DX*4), Z31, Z1
	VCVTPS2DQ Z0, Z0
	VCVTPS2DQ Z1, Z1
	VPADDD Z0, Z2, Z2
	VPADDD Z1, Z3, Z3
	VPMOVSDB Z0, (DI)(DX*1)
	VPMOVSDB Z1, 16(DI)(DX*1)
	ADDQ $32, DX
	CMPQ DX, CX
	JLT  loop
	VPADDD Z3, Z2, Z2
	VEXTRACTI64X4 $1, Z2, Y3
	VPADDD Y3, Y2, Y2
	VEXTRACTI128 $1, Y2, X3
	VPADDD X3, X2, X2
	VPSHUFD $0x4e, X2, X3
	VPADDD X3, X2, X2
	VPSHUFD $0xb1, X2, X3
	VPADDD X3, X2, X2
	VMOVD X2, AX
	MOVL AX, ret+32(FP)
	VZEROUPPER
	RET

// func round8AVX2(dst *int8, v *float32, inv float32, n int) int32
TEXT ·round8AVX2(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ v+8(FP), SI
	VBROADCASTSS inv+16(FP), Y15
	MOVQ n+24(FP), CX
	VMOVDQU round8Order<>(SB), Y14
	VPXOR Y8, Y8, Y8
	VPXOR Y9, Y9, Y9
	XORQ DX, DX
loop:
	VMULPS (SI)(DX*4), Y15, Y0
	VMULPS 32(SI)(DX*4), Y15, Y1
	VMULPS 64(SI)(DX*4), Y15, Y2
	VMULPS 96(SI)(DX*4), Y15, Y3
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VCVTPS2DQ Y2, Y2
	VCVTPS2DQ Y3, Y3
	VPADDD Y0, Y8, Y8
	VPADDD Y1, Y9, Y9
	VPADDD Y2, Y8, Y8
	VPADDD Y3, Y9, Y9
	VPACKSSDW Y1, Y0, Y0
	VPACKSSDW Y3, Y2, Y2
	VPACKSSWB Y2, Y0, Y0
	VPERMD Y0, Y14, Y0
	VMOVDQU Y0, (DI)(DX*1)
	ADDQ $32, DX
	CMPQ DX, CX
	JLT  loop
	VPADDD Y9, Y8, Y2
	VEXTRACTI128 $1, Y2, X3
	VPADDD X3, X2, X2
	VPSHUFD $0x4e, X2, X3
	VPADDD X3, X2, X2
	VPSHUFD $0xb1, X2, X3
	VPADDD X3, X2, X2
	VMOVD X2, AX
	MOVL AX, ret+32(FP)
	VZEROUPPER
	RET

// func butterfliesAVX2(v *float32, n, h int)
TEXT ·butterfliesAVX2(SB), NOSPLIT, $0-24
	MOVQ v+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ h+16(FP), R8
	LEAQ (SI)(CX*4), R9       // end
pair:
	LEAQ (SI)(R8*4), DI
	MOVQ DI, R10              // end of the first half
loop:
	VMOVUPS (SI), Y0
	VMOVUPS (DI), Y1
	VADDPS Y1, Y0, Y2
	VSUBPS Y1, Y0, Y3
	VMOVUPS Y2, (SI)
	VMOVUPS Y3, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	CMPQ SI, R10
	JLT  loop
	MOVQ DI, SI
	CMPQ SI, R9
	JLT  pair
	VZEROUPPER
	RET
