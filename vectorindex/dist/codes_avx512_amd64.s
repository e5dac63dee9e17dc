#include "textflag.h"

// 8-bit codes with VNNI. The query is zero where a record has padding or
// corrections. A record is some whole lines of 64 bytes, or 16 bytes more, which
// are its corrections alone, or 32 more, of which the first 16 are codes. Four
// records are summed at a time, then their corrections are transposed and applied
// together:
// out = k0 + k1·add + k2·sum + k3·low + k4·step·I.

DATA absmaskl1<>+0(SB)/4, $0x7fffffff
GLOBL absmaskl1<>(SB), RODATA|NOPTR, $4

// LINE adds 64 products of record r into acc.
#define LINE(r, t, acc) \
	VMOVDQU64 (r)(DX*1), t; VPDPBUSD Z8, t, acc

// PART adds 16 products of record r into acc.
#define PART(r, x, t, acc) \
	VMOVDQU (r)(DX*1), x; VPDPBUSD Z8, t, acc

#define HALVE(z, y, t) \
	VEXTRACTI64X4 $1, z, t; VPADDD t, y, y

// func codesAVX512(q *int8, k *[5]float32, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
// n is 1 to 64.
TEXT ·codesAVX512(SB), 0, $544-72
	MOVQ tab+16(FP), DI
	MOVQ shift+24(FP), CX
	MOVL mask+32(FP), R8
	MOVQ stride+40(FP), R9
	MOVQ ords+48(FP), SI
	MOVQ n+56(FP), R10
	XORQ R11, R11
	CMPQ R9, $128
	JNE  addr

addr2: // records of two lines, the common size of 49 to 112 dimensions
	MOVL (SI)(R11*4), AX
	MOVQ AX, BX
	SHRQ CX, BX
	MOVQ (DI)(BX*8), BX
	ANDQ R8, AX
	SHLQ $7, AX
	ADDQ AX, BX
	MOVQ BX, (SP)(R11*8)
	PREFETCHT0 (BX)
	PREFETCHT0 64(BX)
	INCQ R11
	CMPQ R11, R10
	JLT  addr2
	JMP  pad

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
	PREFETCHT0 -1(BX)(R9*1)
	CMPQ R9, $96
	JLT  short
	PREFETCHT0 64(BX)
	PREFETCHT0 128(BX)
short:
	INCQ R11
	CMPQ R11, R10
	JLT  addr

pad: // repeat the last address so that groups of four are whole
	MOVQ BX, (SP)(R11*8)
	MOVQ BX, 8(SP)(R11*8)
	MOVQ BX, 16(SP)(R11*8)

	MOVQ q+0(FP), SI
	MOVQ k+8(FP), AX
	MOVQ out+64(FP), DI
	VBROADCASTSS (AX), X20
	VBROADCASTSS 4(AX), X21
	VBROADCASTSS 8(AX), X22
	VBROADCASTSS 12(AX), X23
	VBROADCASTSS 16(AX), X24
	MOVQ SP, R12
	MOVQ R9, R13
	ANDQ $-64, R13            // whole lines

group:
	MOVQ (R12), AX
	MOVQ 8(R12), BX
	MOVQ 16(R12), CX
	MOVQ 24(R12), R8
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	XORQ DX, DX
line:
	VMOVDQU64 (SI)(DX*1), Z8
	LINE(AX, Z4, Z0)
	LINE(BX, Z5, Z1)
	LINE(CX, Z6, Z2)
	LINE(R8, Z7, Z3)
	ADDQ $64, DX
	CMPQ DX, R13
	JLT  line

	TESTQ $32, R9
	JZ   sums
	VMOVDQU (SI)(DX*1), X8
	PART(AX, X4, Z4, Z0)
	PART(BX, X5, Z5, Z1)
	PART(CX, X6, Z6, Z2)
	PART(R8, X7, Z7, Z3)
sums:
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

	VMOVUPS -16(AX)(R9*1), X4
	VMOVUPS -16(BX)(R9*1), X5
	VMOVUPS -16(CX)(R9*1), X6
	VMOVUPS -16(R8)(R9*1), X7
	VUNPCKLPS X5, X4, X8      // add0 add1 sum0 sum1
	VUNPCKHPS X5, X4, X9      // low0 low1 step0 step1
	VUNPCKLPS X7, X6, X10
	VUNPCKHPS X7, X6, X11
	VMOVLHPS X10, X8, X4      // add
	VMOVHLPS X8, X10, X5      // sum
	VMOVLHPS X11, X9, X6      // low
	VMOVHLPS X9, X11, X7      // step

	VMULPS X0, X7, X7
	VMOVAPS X20, X1
	VFMADD231PS X4, X21, X1
	VFMADD231PS X5, X22, X1
	VFMADD231PS X6, X23, X1
	VFMADD231PS X7, X24, X1

	SUBQ $4, R10
	JLT  last
	VMOVUPS X1, (DI)
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
	VMOVUPS X1, K1, (DI)
	VZEROUPPER
	RET

// func codesL1AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
// Sum of |q − (low + step·code)|: 16 components at a time, the last ones masked.
TEXT ·codesL1AVX512(SB), NOSPLIT, $0-72
	MOVQ tab+16(FP), DI
	MOVQ shift+24(FP), R12
	MOVL mask+32(FP), R8
	MOVQ stride+40(FP), R9
	MOVQ ords+48(FP), R11
	MOVQ n+56(FP), R10
	MOVQ out+64(FP), R13
	MOVQ q+0(FP), SI
	MOVQ dims+8(FP), CX
	ANDQ $15, CX
	MOVL $1, AX
	SHLL CX, AX
	DECL AX
	KMOVW AX, K1              // components of the last step
	VBROADCASTSS absmaskl1<>(SB), Z31
next:
	MOVL (R11), AX
	MOVQ AX, BX
	MOVQ R12, CX
	SHRQ CX, BX
	MOVQ (DI)(BX*8), BX
	ANDQ R8, AX
	IMULQ R9, AX
	ADDQ AX, BX
	VBROADCASTSS -8(BX)(R9*1), Z8  // low
	VBROADCASTSS -4(BX)(R9*1), Z9  // step
	VPXORQ Z0, Z0, Z0
	XORQ DX, DX
	MOVQ dims+8(FP), CX
	SHRQ $4, CX
	JZ   tail
loop:
	VPMOVZXBD (BX)(DX*1), Z1
	VCVTDQ2PS Z1, Z1
	VFMADD213PS Z8, Z9, Z1
	VSUBPS (SI)(DX*4), Z1, Z1
	VANDPS Z31, Z1, Z1
	VADDPS Z1, Z0, Z0
	ADDQ $16, DX
	DECQ CX
	JNZ  loop
tail:
	VPMOVZXBD.Z (BX)(DX*1), K1, Z1
	VCVTDQ2PS Z1, Z1
	VFMADD213PS Z8, Z9, Z1
	VMOVUPS.Z (SI)(DX*4), K1, Z2
	VSUBPS Z2, Z1, Z1
	VANDPS.Z Z31, Z1, K1, Z1
	VADDPS Z1, Z0, Z0
	VEXTRACTF64X4 $1, Z0, Y1
	VADDPS Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS X1, X0, X0
	VMOVHLPS X0, X0, X1
	VADDPS X1, X0, X0
	VMOVSHDUP X0, X1
	VADDSS X1, X0, X0
	VMOVSS X0, (R13)
	ADDQ $4, R11
	ADDQ $4, R13
	DECQ R10
	JNZ  next
	VZEROUPPER
	RET

// func prefetchLines(p unsafe.Pointer, n int)
TEXT ·prefetchLines(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
	ADDQ AX, CX
loop:
	PREFETCHT0 (AX)
	ADDQ $64, AX
	CMPQ AX, CX
	JLT  loop
	RET

// func prefetchRecords(tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int)
// Requests every line of each record once. n is at least 1.
TEXT ·prefetchRecords(SB), NOSPLIT, $0-48
	MOVQ tab+0(FP), DI
	MOVQ shift+8(FP), CX
	MOVL mask+16(FP), R8
	MOVQ stride+24(FP), R9
	MOVQ ords+32(FP), SI
	MOVQ n+40(FP), R10
	XORQ R11, R11
addr:
	MOVL (SI)(R11*4), AX
	MOVQ AX, BX
	SHRQ CX, BX
	MOVQ (DI)(BX*8), BX
	ANDQ R8, AX
	IMULQ R9, AX
	ADDQ AX, BX
	LEAQ (BX)(R9*1), R12
	ANDQ $~63, BX
lines:
	PREFETCHT0 (BX)
	ADDQ $64, BX
	CMPQ BX, R12
	JLT  lines
	INCQ R11
	CMPQ R11, R10
	JLT  addr
	RET
