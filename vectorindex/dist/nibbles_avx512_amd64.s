#include "textflag.h"

// Codes of 4 bits without padding with VNNI, see Nibbles. 64 bytes of a code are 128
// components. What lies behind the codes is multiplied with zeros, or masked away where
// a load would reach beyond the record. Four records are summed at a time.

DATA nibblesLow<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL nibblesLow<>(SB), RODATA|NOPTR, $8

// LINE adds the products of the 64 bytes of a record in t to acc.
#define LINE(t, u, acc) \
	VPSRLW $4, t, u;       \
	VPANDQ Z27, t, t;      \
	VPANDQ Z27, u, u;      \
	VPDPBUSD Z8, t, acc;   \
	VPDPBUSD Z9, u, acc

#define HALVE(z, y, t) \
	VEXTRACTI64X4 $1, z, t; VPADDD t, y, y

// func nibblesAVX512(q *int8, k *[4]float32, bytes int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·nibblesAVX512(SB), 0, $544-80
	MOVQ tab+24(FP), DI
	MOVQ shift+32(FP), CX
	MOVL mask+40(FP), R8
	MOVQ stride+48(FP), R9
	MOVQ ords+56(FP), SI
	MOVQ n+64(FP), R10
	XORQ R11, R11

addr:
	MOVL (SI)(R11*4), AX
	MOVQ AX, BX
	SHRQ CX, BX
	MOVQ (DI)(BX*8), BX
	ANDQ R8, AX
	IMULQ R9, AX
	ADDQ AX, BX
	MOVQ BX, (SP)(R11*8)
	PREFETCHT0 (BX)
	CMPQ R9, $64
	JLE  short
	PREFETCHT0 -1(BX)(R9*1)
	CMPQ R9, $128
	JLE  short
	PREFETCHT0 64(BX)
	PREFETCHT0 128(BX)
short:
	INCQ R11
	CMPQ R11, R10
	JLT  addr

	// repeat the last address so that groups of four are whole
	MOVQ BX, (SP)(R11*8)
	MOVQ BX, 8(SP)(R11*8)
	MOVQ BX, 16(SP)(R11*8)

	MOVQ q+0(FP), SI
	MOVQ k+8(FP), AX
	MOVQ bytes+16(FP), R9
	MOVQ out+72(FP), DI
	VBROADCASTSS (AX), X20
	VBROADCASTSS 4(AX), X21
	VBROADCASTSS 8(AX), X22
	VBROADCASTSS 12(AX), X23
	VPBROADCASTQ nibblesLow<>(SB), Z27
	LEAQ 63(R9), DX
	ANDQ $-64, DX
	LEAQ -64(DX), R11         // where the last line begins
	ADDQ SI, DX               // the query's high half
	MOVQ R9, CX
	SUBQ R11, CX
	MOVQ $-1, AX
	BZHIQ CX, AX, AX
	CMPQ CX, $64
	JLT  masked
	MOVQ $-1, AX
masked:
	KMOVQ AX, K2              // what the last line has of codes
	MOVQ SP, R12

group:
	MOVQ (R12), AX
	MOVQ 8(R12), BX
	MOVQ 16(R12), CX
	MOVQ 24(R12), R8
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	XORQ R13, R13
	CMPQ R13, R11
	JGE  rest

line:
	VMOVDQU64 (SI)(R13*1), Z8
	VMOVDQU64 (DX)(R13*1), Z9
	VMOVDQU64 (AX)(R13*1), Z4
	VMOVDQU64 (BX)(R13*1), Z5
	VMOVDQU64 (CX)(R13*1), Z6
	VMOVDQU64 (R8)(R13*1), Z7
	LINE(Z4, Z10, Z0)
	LINE(Z5, Z11, Z1)
	LINE(Z6, Z12, Z2)
	LINE(Z7, Z13, Z3)
	ADDQ $64, R13
	CMPQ R13, R11
	JLT  line

rest:
	VMOVDQU64 (SI)(R13*1), Z8
	VMOVDQU64 (DX)(R13*1), Z9
	VMOVDQU8.Z (AX)(R13*1), K2, Z4
	VMOVDQU8.Z (BX)(R13*1), K2, Z5
	VMOVDQU8.Z (CX)(R13*1), K2, Z6
	VMOVDQU8.Z (R8)(R13*1), K2, Z7
	LINE(Z4, Z10, Z0)
	LINE(Z5, Z11, Z1)
	LINE(Z6, Z12, Z2)
	LINE(Z7, Z13, Z3)

	HALVE(Z0, Y0, Y4)
	HALVE(Z1, Y1, Y5)
	HALVE(Z2, Y2, Y6)
	HALVE(Z3, Y3, Y7)
	VPHADDD Y1, Y0, Y0
	VPHADDD Y3, Y2, Y2
	VPHADDD Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VCVTDQ2PS X0, X0          // I of the four records

	// Four bytes of codes and the three factors: nothing need lie behind these.
	VMOVUPS -4(AX)(R9*1), X4
	VMOVUPS -4(BX)(R9*1), X5
	VMOVUPS -4(CX)(R9*1), X6
	VMOVUPS -4(R8)(R9*1), X7
	VUNPCKLPS X5, X4, X8      // codes, codes, add0 add1
	VUNPCKHPS X5, X4, X9      // scale0 scale1 err0 err1
	VUNPCKLPS X7, X6, X10
	VUNPCKHPS X7, X6, X11
	VMOVHLPS X8, X10, X4      // add
	VMOVLHPS X11, X9, X5      // scale
	VMOVHLPS X9, X11, X6      // err

	VFMADD213PS X22, X21, X0  // k1·I + k2
	VADDPS X20, X4, X4
	VFMADD231PS X0, X5, X4
	VFMADD231PS X6, X23, X4

	SUBQ $4, R10
	JLT  last
	VMOVUPS X4, (DI)
	ADDQ $16, DI
	ADDQ $32, R12
	TESTQ R10, R10
	JNZ  group
	VZEROUPPER
	RET

last: // R10 + 4 results, 1 to 3
	LEAQ 4(R10), CX
	MOVL $1, DX
	SHLL CX, DX
	DECL DX
	KMOVW DX, K1
	VMOVUPS X4, K1, (DI)
	VZEROUPPER
	RET
