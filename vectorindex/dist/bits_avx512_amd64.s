#include "textflag.h"

// Packed codes of 1 to 8 bits with VNNI, see Bits. A field of w bits is unpacked 64
// components at a time: the block is repeated over the lanes of the register, each
// lane is shifted to its own components, and the rest is masked away. Four records
// are summed at a time; a field after the first shifts the sum up by its width.

DATA bitsShift4<>+0(SB)/8, $0
DATA bitsShift4<>+8(SB)/8, $0
DATA bitsShift4<>+16(SB)/8, $0
DATA bitsShift4<>+24(SB)/8, $0
DATA bitsShift4<>+32(SB)/8, $4
DATA bitsShift4<>+40(SB)/8, $4
DATA bitsShift4<>+48(SB)/8, $4
DATA bitsShift4<>+56(SB)/8, $4
GLOBL bitsShift4<>(SB), RODATA|NOPTR, $64

DATA bitsShift2<>+0(SB)/8, $0
DATA bitsShift2<>+8(SB)/8, $0
DATA bitsShift2<>+16(SB)/8, $2
DATA bitsShift2<>+24(SB)/8, $2
DATA bitsShift2<>+32(SB)/8, $4
DATA bitsShift2<>+40(SB)/8, $4
DATA bitsShift2<>+48(SB)/8, $6
DATA bitsShift2<>+56(SB)/8, $6
GLOBL bitsShift2<>(SB), RODATA|NOPTR, $64

DATA bitsShift1<>+0(SB)/8, $0
DATA bitsShift1<>+8(SB)/8, $1
DATA bitsShift1<>+16(SB)/8, $2
DATA bitsShift1<>+24(SB)/8, $3
DATA bitsShift1<>+32(SB)/8, $4
DATA bitsShift1<>+40(SB)/8, $5
DATA bitsShift1<>+48(SB)/8, $6
DATA bitsShift1<>+56(SB)/8, $7
GLOBL bitsShift1<>(SB), RODATA|NOPTR, $64

DATA bitsMask<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA bitsMask<>+8(SB)/8, $0x0303030303030303
DATA bitsMask<>+16(SB)/8, $0x0101010101010101
GLOBL bitsMask<>(SB), RODATA|NOPTR, $24

// UNPACK adds 64 products of one field of record r into acc; load repeats the block.
#define UNPACK(load, shifts, mask, r, t, acc) \
	load (r)(R13*1), t;       \
	VPSRLVQ shifts, t, t;     \
	VPANDQ  mask, t, t;       \
	VPDPBUSD Z8, t, acc

#define UNPACK4(load, shifts, mask, bytes) \
	VMOVDQU64 (SI)(DX*1), Z8;            \
	UNPACK(load, shifts, mask, AX, Z4, Z0) \
	UNPACK(load, shifts, mask, BX, Z5, Z1) \
	UNPACK(load, shifts, mask, CX, Z6, Z2) \
	UNPACK(load, shifts, mask, R8, Z7, Z3) \
	ADDQ $bytes, R13;                    \
	ADDQ $64, DX;                        \
	CMPQ DX, R9

#define RAISE(w) \
	VPSLLD $w, Z0, Z0; \
	VPSLLD $w, Z1, Z1; \
	VPSLLD $w, Z2, Z2; \
	VPSLLD $w, Z3, Z3

#define HALVE(z, y, t) \
	VEXTRACTI64X4 $1, z, t; VPADDD t, y, y

// func bitsAVX512(q *int8, k *[4]float32, bits, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
TEXT ·bitsAVX512(SB), 0, $544-88
	MOVQ tab+32(FP), DI
	MOVQ shift+40(FP), CX
	MOVL mask+48(FP), R8
	MOVQ stride+56(FP), R9
	MOVQ ords+64(FP), SI
	MOVQ n+72(FP), R10
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
	MOVQ dims+24(FP), R9
	MOVQ out+80(FP), DI
	VBROADCASTSS (AX), X20
	VBROADCASTSS 4(AX), X21
	VBROADCASTSS 8(AX), X22
	VBROADCASTSS 12(AX), X23
	VMOVDQU64 bitsShift4<>(SB), Z24
	VMOVDQU64 bitsShift2<>(SB), Z25
	VMOVDQU64 bitsShift1<>(SB), Z26
	VPBROADCASTQ bitsMask<>+0(SB), Z27
	VPBROADCASTQ bitsMask<>+8(SB), Z28
	VPBROADCASTQ bitsMask<>+16(SB), Z29
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
	MOVQ bits+16(FP), R11
	TESTQ $12, R11
	JZ   two

nibbles:
	XORQ DX, DX
nibble:
	UNPACK4(VBROADCASTI64X4, Z24, Z27, 32)
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
	UNPACK4(VBROADCASTI64X2, Z25, Z28, 16)
	JLT  pair

one:
	TESTQ $1, R11
	JZ   fold
	RAISE(1)
	XORQ DX, DX
single:
	UNPACK4(VPBROADCASTQ, Z26, Z29, 8)
	JLT  single

fold:
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

	// The load takes four bytes behind the three factors; a record has them.
	VMOVUPS (AX)(R13*1), X4
	VMOVUPS (BX)(R13*1), X5
	VMOVUPS (CX)(R13*1), X6
	VMOVUPS (R8)(R13*1), X7
	VUNPCKLPS X5, X4, X8      // add0 add1 scale0 scale1
	VUNPCKHPS X5, X4, X9      // err0 err1
	VUNPCKLPS X7, X6, X10
	VUNPCKHPS X7, X6, X11
	VMOVLHPS X10, X8, X4      // add
	VMOVHLPS X8, X10, X5      // scale
	VMOVLHPS X11, X9, X6      // err

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
