#include "textflag.h"

// Codes of 4 bits without padding, see Nibbles and the AVX-512 form. A pair of products
// stays below 2·15·128, so those of low and high nibbles add up in 16 bits.

DATA nibbles2Low<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA nibbles2Low<>+8(SB)/8, $0x0001000100010001
GLOBL nibbles2Low<>(SB), RODATA|NOPTR, $16

// The window that begins 4·w bytes before the middle has w words of ones.
DATA nibbles2Mask<>+0(SB)/8, $-1
DATA nibbles2Mask<>+8(SB)/8, $-1
DATA nibbles2Mask<>+16(SB)/8, $-1
DATA nibbles2Mask<>+24(SB)/8, $-1
DATA nibbles2Mask<>+32(SB)/8, $0
DATA nibbles2Mask<>+40(SB)/8, $0
DATA nibbles2Mask<>+48(SB)/8, $0
DATA nibbles2Mask<>+56(SB)/8, $0
GLOBL nibbles2Mask<>(SB), RODATA|NOPTR, $64

// ADD32 adds the products of the 32 bytes in Y2 to Y0.
#define ADD32 \
	VPSRLW $4, Y2, Y3;                   \
	VPAND Y14, Y2, Y2;                   \
	VPAND Y14, Y3, Y3;                   \
	VPMADDUBSW (SI)(DX*1), Y2, Y2;       \
	VPMADDUBSW (DI)(DX*1), Y3, Y3;       \
	VPADDW Y3, Y2, Y2;                   \
	VPMADDWD Y15, Y2, Y2;                \
	VPADDD Y2, Y0, Y0;                   \
	ADDQ $32, DX

// func nibblesAVX2(q *int8, k *[4]float32, bytes int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·nibblesAVX2(SB), NOSPLIT, $0-80
	MOVQ q+0(FP), SI
	MOVQ bytes+16(FP), R9
	MOVL mask+40(FP), R8
	MOVQ ords+56(FP), R12
	MOVQ n+64(FP), R10
	MOVQ out+72(FP), BX
	VPBROADCASTQ nibbles2Low<>+0(SB), Y14
	VPBROADCASTQ nibbles2Low<>+8(SB), Y15
	LEAQ 63(R9), DI
	ANDQ $-64, DI
	ADDQ SI, DI               // the query's high half
	LEAQ -1(R9), R11
	ANDQ $-32, R11            // where the last 32 bytes begin
	MOVQ R9, CX
	SUBQ R11, CX
	LEAQ nibbles2Mask<>+32(SB), AX
	SUBQ CX, AX
	VMOVDQU (AX), Y13         // what they have of codes

next:
	MOVL (R12), AX
	MOVQ AX, R13
	MOVQ shift+32(FP), CX
	SHRQ CX, R13
	MOVQ tab+24(FP), CX
	MOVQ (CX)(R13*8), R13
	ANDQ R8, AX
	IMULQ stride+48(FP), AX
	ADDQ R13, AX
	VPXOR Y0, Y0, Y0
	XORQ DX, DX
	CMPQ DX, R11
	JGE  rest

whole:
	VMOVDQU (AX)(DX*1), Y2
	ADD32
	CMPQ DX, R11
	JLT  whole

rest:
	VPMASKMOVD (AX)(DX*1), Y13, Y2
	ADD32
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0x4e, X0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0xb1, X0, X1
	VPADDD X1, X0, X0
	VCVTDQ2PS X0, X0
	ADDQ R9, AX
	MOVQ k+8(FP), CX
	VMOVSS 8(CX), X1
	VFMADD231SS 4(CX), X0, X1 // k1·I + k2
	VMOVSS (CX), X2
	VADDSS (AX), X2, X2
	VFMADD231SS 4(AX), X1, X2
	VMOVSS 12(CX), X3
	VFMADD231SS 8(AX), X3, X2
	VMOVSS X2, (BX)
	ADDQ $4, BX
	ADDQ $4, R12
	DECQ R10
	JNZ  next
	VZEROUPPER
	RET
