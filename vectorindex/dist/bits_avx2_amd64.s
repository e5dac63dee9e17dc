#include "textflag.h"

// Packed codes of 1 to 8 bits, see Bits and the AVX-512 form. A block of 64
// components takes two registers. Fields have at most 4 bits, so a pair of products
// stays below 2·15·128 and fits 16 bits.

DATA bits2lo<>+0(SB)/8, $0
DATA bits2lo<>+8(SB)/8, $0
DATA bits2lo<>+16(SB)/8, $2
DATA bits2lo<>+24(SB)/8, $2
GLOBL bits2lo<>(SB), RODATA|NOPTR, $32

DATA bits2hi<>+0(SB)/8, $4
DATA bits2hi<>+8(SB)/8, $4
DATA bits2hi<>+16(SB)/8, $6
DATA bits2hi<>+24(SB)/8, $6
GLOBL bits2hi<>(SB), RODATA|NOPTR, $32

DATA bits1lo<>+0(SB)/8, $0
DATA bits1lo<>+8(SB)/8, $1
DATA bits1lo<>+16(SB)/8, $2
DATA bits1lo<>+24(SB)/8, $3
GLOBL bits1lo<>(SB), RODATA|NOPTR, $32

DATA bits1hi<>+0(SB)/8, $4
DATA bits1hi<>+8(SB)/8, $5
DATA bits1hi<>+16(SB)/8, $6
DATA bits1hi<>+24(SB)/8, $7
GLOBL bits1hi<>(SB), RODATA|NOPTR, $32

DATA bitsField<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA bitsField<>+8(SB)/8, $0x0303030303030303
DATA bitsField<>+16(SB)/8, $0x0101010101010101
DATA bitsField<>+24(SB)/8, $0x0001000100010001
GLOBL bitsField<>(SB), RODATA|NOPTR, $32

// ADD64 masks the two halves Y2, Y3 of a block and adds their products to Y0, Y1.
#define ADD64(mask) \
	VPAND mask, Y2, Y2;                  \
	VPAND mask, Y3, Y3;                  \
	VPMADDUBSW (SI)(DX*1), Y2, Y2;       \
	VPMADDUBSW 32(SI)(DX*1), Y3, Y3;     \
	VPMADDWD Y15, Y2, Y2;                \
	VPMADDWD Y15, Y3, Y3;                \
	VPADDD Y2, Y0, Y0;                   \
	VPADDD Y3, Y1, Y1;                   \
	ADDQ $64, DX;                        \
	CMPQ DX, R9

#define RAISE(w) \
	VPSLLD $w, Y0, Y0; VPSLLD $w, Y1, Y1

// func bitsAVX2(q *int8, k *[4]float32, bits, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·bitsAVX2(SB), NOSPLIT, $0-88
	MOVQ q+0(FP), SI
	MOVQ dims+24(FP), R9
	MOVQ tab+32(FP), DI
	MOVL mask+48(FP), R8
	MOVQ ords+64(FP), R12
	MOVQ n+72(FP), R10
	MOVQ out+80(FP), BX
	VMOVDQU bits2lo<>(SB), Y8
	VMOVDQU bits2hi<>(SB), Y9
	VMOVDQU bits1lo<>(SB), Y10
	VMOVDQU bits1hi<>(SB), Y11
	VPBROADCASTQ bitsField<>+0(SB), Y12
	VPBROADCASTQ bitsField<>+8(SB), Y13
	VPBROADCASTQ bitsField<>+16(SB), Y14
	VPBROADCASTQ bitsField<>+24(SB), Y15

next:
	MOVL (R12), AX
	MOVQ AX, R13
	MOVQ shift+40(FP), CX
	SHRQ CX, R13
	MOVQ (DI)(R13*8), R13
	ANDQ R8, AX
	IMULQ stride+56(FP), AX
	ADDQ R13, AX              // the record; moves on with the fields
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	MOVQ bits+16(FP), R11
	TESTQ $12, R11
	JZ   two

nibbles:
	XORQ DX, DX
nibble:
	VMOVDQU (AX), Y2
	VPSRLQ $4, Y2, Y3
	ADDQ $32, AX
	ADD64(Y12)
	JLT  nibble
	TESTQ $8, R11
	JZ   two
	RAISE(4)
	MOVQ $4, R11
	JMP  nibbles

two:
	TESTQ $2, R11
	JZ   one
	RAISE(2)
	XORQ DX, DX
pair:
	VBROADCASTI128 (AX), Y3
	VPSRLVQ Y8, Y3, Y2
	VPSRLVQ Y9, Y3, Y3
	ADDQ $16, AX
	ADD64(Y13)
	JLT  pair

one:
	TESTQ $1, R11
	JZ   fold
	RAISE(1)
	XORQ DX, DX
single:
	VPBROADCASTQ (AX), Y3
	VPSRLVQ Y10, Y3, Y2
	VPSRLVQ Y11, Y3, Y3
	ADDQ $8, AX
	ADD64(Y14)
	JLT  single

fold:
	VPADDD Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0x4e, X0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0xb1, X0, X1
	VPADDD X1, X0, X0
	VCVTDQ2PS X0, X0
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
