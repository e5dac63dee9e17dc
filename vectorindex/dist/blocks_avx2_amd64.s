#include "textflag.h"

// Blocks of interleaved codes, see Blocks and the AVX-512 form: the halves of a group
// are one register each.

DATA blocks2low<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL blocks2low<>(SB), RODATA|NOPTR, $8

// HALF adds what the tables at DX + at say of 32 bytes at DI + from to Y0 and Y1.
#define HALF(from) \
	VMOVDQU from(DI), Y2;         \
	VPSRLW $4, Y2, Y3;            \
	VPAND Y15, Y2, Y2;            \
	VPAND Y15, Y3, Y3;            \
	VMOVDQU from(DX), Y4;         \
	VMOVDQU 64+from(DX), Y5;      \
	VPSHUFB Y2, Y4, Y2;           \
	VPSHUFB Y3, Y5, Y3;           \
	VPADDB Y2, Y3, Y2;            \
	VPADDW Y2, Y0, Y0;            \
	VPSRLW $8, Y2, Y2;            \
	VPADDW Y2, Y1, Y1

// FINISH makes distances of the eight sums in y, to which base is added and whose
// factors are at DI + at, and their marks in r.
#define FINISH(y, base, at, r) \
	VCVTDQ2PS y, y;               \
	VFMADD213PS Y12, Y11, y;      \
	VMOVDQU at(DI), Y3;           \
	VPSRLD $16, Y3, Y4;           \
	VPSLLD $16, Y4, Y4;           \
	VPSLLD $16, Y3, Y3;           \
	VFMADD213PS base, Y4, y;      \
	VFMADD231PS Y3, Y13, y;       \
	VMOVUPS y, at(R9);            \
	VCMPPS $9, Y14, y, y;         \
	VMOVMSKPS y, r

// func blocksAVX2(table *byte, groups int, k *[4]float32, blocks unsafe.Pointer, tail, n int, bound float32, out *float32, marks *uint32)
TEXT ·blocksAVX2(SB), NOSPLIT, $0-72
	MOVQ table+0(FP), SI
	MOVQ groups+8(FP), BX
	MOVQ k+16(FP), AX
	MOVQ blocks+24(FP), DI
	MOVQ n+40(FP), CX
	MOVQ tail+32(FP), R8
	MOVQ out+56(FP), R9
	MOVQ marks+64(FP), R10
	VBROADCASTSS (AX), Y10
	VBROADCASTSS 4(AX), Y11
	VBROADCASTSS 8(AX), Y12
	VBROADCASTSS 12(AX), Y13
	VBROADCASTSS bound+48(FP), Y14
	VPBROADCASTQ blocks2low<>(SB), Y15
	MOVQ $64, R13

block:
	VPXOR Y6, Y6, Y6          // entries 0 to 7
	VPXOR Y7, Y7, Y7
	VPXOR Y8, Y8, Y8
	VPXOR Y9, Y9, Y9          // entries 24 to 31
	MOVQ SI, DX
	MOVQ BX, R11

part:
	MOVQ R11, R12
	CMPQ R12, R13
	CMOVQGT R13, R12
	SUBQ R12, R11
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1

group:
	HALF(0)
	HALF(32)
	ADDQ $64, DI
	ADDQ $128, DX
	DECQ R12
	JNZ  group

	VPSLLW $8, Y1, Y3
	VPSUBW Y3, Y0, Y0
	VEXTRACTI128 $1, Y0, X2
	VEXTRACTI128 $1, Y1, X3
	VPMOVZXWD X0, Y0
	VPMOVZXWD X2, Y2
	VPADDD Y0, Y6, Y6
	VPADDD Y2, Y7, Y7
	VPMOVZXWD X1, Y1
	VPMOVZXWD X3, Y3
	VPADDD Y1, Y8, Y8
	VPADDD Y3, Y9, Y9
	TESTQ R11, R11
	JNZ  part

	VMOVAPS Y10, Y0
	VMOVAPS Y10, Y1
	VMOVAPS Y10, Y2
	VMOVAPS Y10, Y5
	CMPQ R8, $128
	JLE  factors
	VADDPS (DI), Y10, Y0
	VADDPS 32(DI), Y10, Y1
	VADDPS 64(DI), Y10, Y2
	VADDPS 96(DI), Y10, Y5
	ADDQ $128, DI
factors:
	FINISH(Y6, Y0, 0, AX)
	FINISH(Y7, Y1, 32, R11)
	SHLL $8, R11
	ORL  R11, AX
	FINISH(Y8, Y2, 64, R11)
	SHLL $16, R11
	ORL  R11, AX
	FINISH(Y9, Y5, 96, R11)
	SHLL $24, R11
	ORL  R11, AX
	MOVL AX, (R10)
	ADDQ $128, DI
	ADDQ $128, R9
	ADDQ $4, R10
	SUBQ $32, CX
	JGT  block
	VZEROUPPER
	RET

// func fillTableAVX2(table *byte, q *float32, nibbles, per int, digits *[4][16]float32, top, inv float32)
TEXT ·fillTableAVX2(SB), NOSPLIT, $0-48
	MOVQ table+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ nibbles+16(FP), CX
	MOVQ digits+32(FP), BX
	VBROADCASTSS top+40(FP), Y15
	VBROADCASTSS inv+44(FP), Y14
	VXORPS Y13, Y13, Y13

quad:
	// the tables of a group lie at 0, 64, 32 and 96
	XORQ R8, R8
nibble:
	VXORPS Y0, Y0, Y0         // entries 0 to 7
	VXORPS Y1, Y1, Y1         // entries 8 to 15
	MOVQ per+24(FP), DX
	MOVQ BX, AX
component:
	VBROADCASTSS (SI), Y2
	VMINPS Y13, Y2, Y3
	VMULPS Y15, Y3, Y3
	VFMADD231PS (AX), Y2, Y0
	VFMADD231PS 32(AX), Y2, Y1
	VSUBPS Y3, Y0, Y0
	VSUBPS Y3, Y1, Y1
	ADDQ $4, SI
	ADDQ $64, AX
	DECQ DX
	JNZ  component
	VMULPS Y14, Y0, Y0
	VMULPS Y14, Y1, Y1
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VPACKSSDW Y1, Y0, Y0      // 0-3 8-11 | 4-7 12-15
	VPERMQ $0xd8, Y0, Y0      // 0-7 | 8-15
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB X1, X0, X0
	VMOVDQU X0, (DI)(R8*1)
	VMOVDQU X0, 16(DI)(R8*1)
	ADDQ $64, R8
	CMPQ R8, $128
	JLT  nibble
	SUBQ $96, R8              // 128 becomes 32, 160 becomes 64
	CMPQ R8, $32
	JEQ  nibble
	ADDQ $128, DI
	SUBQ $4, CX
	JNZ  quad
	VZEROUPPER
	RET
