#include "textflag.h"

// What encoding a vector takes, eight components at a time, see Grid, Range, Multiply,
// Hadamard, SumDifference and SignCodes. Lengths are multiples of 8, at least 8; of
// SignCodes of 32. What is encoded
// lies in the first-level cache, where wider registers win nothing.

DATA encodeHalf<>+0(SB)/4, $0x3f000000 // 0.5
GLOBL encodeHalf<>(SB), RODATA|NOPTR, $4

DATA encodeFlip<>+0(SB)/8, $0x8080808080808080
GLOBL encodeFlip<>(SB), RODATA|NOPTR, $8

// 1 and −1 in turn: singly, in pairs, in fours.
DATA encodeSign1<>+0(SB)/8, $0xbf8000003f800000
DATA encodeSign1<>+8(SB)/8, $0xbf8000003f800000
DATA encodeSign1<>+16(SB)/8, $0xbf8000003f800000
DATA encodeSign1<>+24(SB)/8, $0xbf8000003f800000
GLOBL encodeSign1<>(SB), RODATA|NOPTR, $32

DATA encodeSign2<>+0(SB)/8, $0x3f8000003f800000
DATA encodeSign2<>+8(SB)/8, $0xbf800000bf800000
DATA encodeSign2<>+16(SB)/8, $0x3f8000003f800000
DATA encodeSign2<>+24(SB)/8, $0xbf800000bf800000
GLOBL encodeSign2<>(SB), RODATA|NOPTR, $32

DATA encodeSign4<>+0(SB)/8, $0x3f8000003f800000
DATA encodeSign4<>+8(SB)/8, $0x3f8000003f800000
DATA encodeSign4<>+16(SB)/8, $0xbf800000bf800000
DATA encodeSign4<>+24(SB)/8, $0xbf800000bf800000
GLOBL encodeSign4<>(SB), RODATA|NOPTR, $32

// GRID loads the grid at AX: Y15 low, Y14 inv, Y13 half, Y12 top; Y11 is zero.
#define GRID \
	VBROADCASTSS (AX), Y15;    \
	VBROADCASTSS 4(AX), Y14;   \
	VBROADCASTSS 8(AX), Y13;   \
	VBROADCASTSS 12(AX), Y12;  \
	VXORPS Y11, Y11, Y11

// PLACE turns the components in y into places, CLAMP places into what is cut off. Of no
// number the maximum with zero is zero.
#define PLACE(y) \
	VSUBPS Y15, y, y; VMULPS Y14, y, y; VADDPS Y13, y, y
#define CLAMP(y, z) \
	VMAXPS Y11, y, z; VMINPS Y12, z, z

#define SUMINTS(y, x, t) \
	VEXTRACTI128 $1, y, t; VPADDD t, x, x;  \
	VPSHUFD $0x4e, x, t; VPADDD t, x, x;    \
	VPSHUFD $0xb1, x, t; VPADDD t, x, x
#define SUMFLOATS(y, x, t) \
	VEXTRACTF128 $1, y, t; VADDPS t, x, x;  \
	VMOVHLPS x, x, t; VADDPS t, x, x;       \
	VMOVSHDUP x, t; VADDSS t, x, x

// func quantizeAVX2(dst *byte, v *float32, n int, grid *Grid) (sum, sq int32, off float32)
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-44
	MOVQ dst+0(FP), DI
	MOVQ v+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ grid+24(FP), AX
	GRID
	VBROADCASTSS encodeHalf<>(SB), Y10
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
loop:
	VMOVUPS (SI), Y0
	PLACE(Y0)
	CLAMP(Y0, Y1)
	VCVTTPS2DQ Y1, Y1
	VPADDD Y1, Y5, Y5
	VPMADDWD Y1, Y1, Y2
	VPADDD Y2, Y6, Y6
	VCVTDQ2PS Y1, Y3
	VSUBPS Y10, Y0, Y0
	VSUBPS Y3, Y0, Y0
	VFMADD231PS Y0, Y0, Y7
	VEXTRACTI128 $1, Y1, X2
	VPACKUSDW X2, X1, X1
	VPACKUSWB X1, X1, X1
	VMOVQ X1, (DI)
	ADDQ $32, SI
	ADDQ $8, DI
	SUBQ $8, CX
	JNZ  loop
	SUMINTS(Y5, X5, X2)
	SUMINTS(Y6, X6, X2)
	SUMFLOATS(Y7, X7, X2)
	VMOVD X5, AX
	MOVL AX, sum+32(FP)
	VMOVD X6, AX
	MOVL AX, sq+36(FP)
	VMOVSS X7, off+40(FP)
	VZEROUPPER
	RET

// func fitAVX2(v *float32, n int, grid *Grid) (dot, sq float32)
TEXT ·fitAVX2(SB), NOSPLIT, $0-32
	MOVQ v+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ grid+16(FP), AX
	GRID
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
loop:
	VMOVUPS (SI), Y0
	VMOVAPS Y0, Y1
	PLACE(Y1)
	CLAMP(Y1, Y1)
	VROUNDPS $3, Y1, Y1       // cut off
	VADDPS Y1, Y1, Y1
	VSUBPS Y12, Y1, Y1
	VFMADD231PS Y0, Y1, Y5
	VFMADD231PS Y1, Y1, Y6
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	SUMFLOATS(Y5, X5, X2)
	SUMFLOATS(Y6, X6, X2)
	VMOVSS X5, dot+24(FP)
	VMOVSS X6, sq+28(FP)
	VZEROUPPER
	RET

// func extremesAVX2(v *float32, n int) (lo, hi float32)
TEXT ·extremesAVX2(SB), NOSPLIT, $0-24
	MOVQ v+0(FP), SI
	MOVQ n+8(FP), CX
	VMOVUPS (SI), Y0
	VMOVAPS Y0, Y1
loop:
	VMOVUPS (SI), Y2
	VMINPS Y2, Y0, Y0
	VMAXPS Y2, Y1, Y1
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VEXTRACTF128 $1, Y0, X2
	VMINPS X2, X0, X0
	VEXTRACTF128 $1, Y1, X3
	VMAXPS X3, X1, X1
	VMOVHLPS X0, X0, X2
	VMINPS X2, X0, X0
	VMOVHLPS X1, X1, X3
	VMAXPS X3, X1, X1
	VMOVSHDUP X0, X2
	VMINSS X2, X0, X0
	VMOVSHDUP X1, X3
	VMAXSS X3, X1, X1
	VMOVSS X0, lo+16(FP)
	VMOVSS X1, hi+20(FP)
	VZEROUPPER
	RET

// func multiplyAVX2(dst, a, b *float32, n int, f float32)
TEXT ·multiplyAVX2(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), BX
	MOVQ n+24(FP), CX
	VBROADCASTSS f+32(FP), Y15
	XORQ DX, DX
loop:
	VMOVUPS (SI)(DX*4), Y0
	VMULPS (BX)(DX*4), Y0, Y0
	VMULPS Y15, Y0, Y0
	VMOVUPS Y0, (DI)(DX*4)
	ADDQ $8, DX
	CMPQ DX, CX
	JLT  loop
	VZEROUPPER
	RET

// func hadamard8AVX2(v *float32, n int)
// ±x + its partner is the sum or the difference, rounded once.
TEXT ·hadamard8AVX2(SB), NOSPLIT, $0-16
	MOVQ v+0(FP), SI
	MOVQ n+8(FP), CX
	VMOVUPS encodeSign1<>(SB), Y13
	VMOVUPS encodeSign2<>(SB), Y14
	VMOVUPS encodeSign4<>(SB), Y15
loop:
	VMOVUPS (SI), Y0
	VPERMILPS $0xb1, Y0, Y1
	VFMADD213PS Y1, Y13, Y0
	VPERMILPS $0x4e, Y0, Y1
	VFMADD213PS Y1, Y14, Y0
	VPERM2F128 $1, Y0, Y0, Y1
	VFMADD213PS Y1, Y15, Y0
	VMOVUPS Y0, (SI)
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func sumDifferenceAVX2(a, b *float32, n int)
TEXT ·sumDifferenceAVX2(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), SI
	MOVQ b+8(FP), DI
	MOVQ n+16(FP), CX
	XORQ DX, DX
loop:
	VMOVUPS (SI)(DX*4), Y0
	VMOVUPS (DI)(DX*4), Y1
	VADDPS Y1, Y0, Y2
	VSUBPS Y1, Y0, Y3
	VMOVUPS Y2, (SI)(DX*4)
	VMOVUPS Y3, (DI)(DX*4)
	ADDQ $8, DX
	CMPQ DX, CX
	JLT  loop
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

// func signCodesAVX2(q *int8, codes *byte, n int)
TEXT ·signCodesAVX2(SB), NOSPLIT, $0-24
	MOVQ q+0(FP), DI
	MOVQ codes+8(FP), SI
	MOVQ n+16(FP), CX
	VPBROADCASTQ encodeFlip<>(SB), Y1
	XORQ DX, DX
loop:
	VPXOR (SI)(DX*1), Y1, Y0
	VMOVDQU Y0, (DI)(DX*1)
	ADDQ $32, DX
	CMPQ DX, CX
	JLT  loop
	VZEROUPPER
	RET
