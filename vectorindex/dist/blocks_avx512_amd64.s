#include "textflag.h"

// Blocks of interleaved codes, see Blocks. A group of four nibbles of 32 entries is one
// register. Sums of two table entries fit a byte; bytes are added as words, the odd
// ones apart, and what the odd ones put into the sums of the even ones is taken out at
// the end. Words hold 128 groups, longer codes are summed in parts.

DATA blocksLow<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL blocksLow<>(SB), RODATA|NOPTR, $8

DATA blocksHigh<>+0(SB)/4, $0xffff0000
GLOBL blocksHigh<>(SB), RODATA|NOPTR, $4

// func blocksAVX512(table *byte, groups int, k *[4]float32, blocks unsafe.Pointer, tail, n int, bound float32, out *float32, marks *uint32)
TEXT ·blocksAVX512(SB), NOSPLIT, $0-72
	MOVQ table+0(FP), SI
	MOVQ groups+8(FP), BX
	MOVQ k+16(FP), AX
	MOVQ blocks+24(FP), DI
	MOVQ n+40(FP), CX
	MOVQ tail+32(FP), R8
	MOVQ out+56(FP), R9
	MOVQ marks+64(FP), R10
	VBROADCASTSS (AX), Z20
	VBROADCASTSS 4(AX), Z21
	VBROADCASTSS 8(AX), Z22
	VBROADCASTSS 12(AX), Z23
	VBROADCASTSS bound+48(FP), Z24
	VPBROADCASTQ blocksLow<>(SB), Z31
	VPBROADCASTD blocksHigh<>(SB), Z30
	MOVQ $128, R13

block:
	VPXORQ Z10, Z10, Z10
	VPXORQ Z11, Z11, Z11
	MOVQ SI, DX
	MOVQ BX, R11

part:
	MOVQ R11, R12
	CMPQ R12, R13
	CMOVQGT R13, R12
	SUBQ R12, R11
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1

group:
	VMOVDQU64 (DI), Z2
	VPSRLW $4, Z2, Z3
	VPANDQ Z31, Z2, Z2
	VPANDQ Z31, Z3, Z3
	VMOVDQU64 (DX), Z4
	VMOVDQU64 64(DX), Z5
	VPSHUFB Z2, Z4, Z2
	VPSHUFB Z3, Z5, Z3
	VPADDB Z2, Z3, Z2
	VPADDW Z2, Z0, Z0
	VPSRLW $8, Z2, Z2
	VPADDW Z2, Z1, Z1
	ADDQ $64, DI
	ADDQ $128, DX
	DECQ R12
	JNZ  group

	VPSLLW $8, Z1, Z3
	VPSUBW Z3, Z0, Z0
	VEXTRACTI64X4 $1, Z0, Y2
	VEXTRACTI64X4 $1, Z1, Y3
	VPADDW Y2, Y0, Y0
	VPADDW Y3, Y1, Y1
	VPMOVZXWD Y0, Z0
	VPMOVZXWD Y1, Z1
	VPADDD Z0, Z10, Z10
	VPADDD Z1, Z11, Z11
	TESTQ R11, R11
	JNZ  part

	VCVTDQ2PS Z10, Z10
	VCVTDQ2PS Z11, Z11
	VFMADD213PS Z22, Z21, Z10 // k1·S + k2
	VFMADD213PS Z22, Z21, Z11
	VMOVAPS Z20, Z12
	VMOVAPS Z20, Z13
	CMPQ R8, $128
	JLE  factors
	VADDPS (DI), Z20, Z12
	VADDPS 64(DI), Z20, Z13
	ADDQ $128, DI
factors:
	VMOVDQU64 (DI), Z2
	VMOVDQU64 64(DI), Z3
	VPANDD Z30, Z2, Z4        // scale
	VPANDD Z30, Z3, Z5
	VPSLLD $16, Z2, Z2        // err
	VPSLLD $16, Z3, Z3
	VFMADD231PS Z4, Z10, Z12
	VFMADD231PS Z5, Z11, Z13
	VFMADD231PS Z2, Z23, Z12
	VFMADD231PS Z3, Z23, Z13
	VCMPPS $9, Z24, Z12, K1   // not greater or equal
	VCMPPS $9, Z24, Z13, K2
	VMOVUPS Z12, (R9)
	VMOVUPS Z13, 64(R9)
	KMOVW K1, AX
	KMOVW K2, R12
	SHLL $16, R12
	ORL  R12, AX
	MOVL AX, (R10)
	ADDQ $128, DI
	ADDQ $128, R9
	ADDQ $4, R10
	SUBQ $32, CX
	JGT  block
	VZEROUPPER
	RET
