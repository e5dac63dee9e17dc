#include "textflag.h"

DATA absmaskl12<>+0(SB)/4, $0x7fffffff
GLOBL absmaskl12<>(SB), RODATA|NOPTR, $4

// 8-bit codes with AVX2. VPMADDUBSW would saturate on full-range codes, so both
// sides are widened to 16 bits and summed with VPMADDWD, which is exact. See the
// kernel for AVX-512 for how long a record is.

// WIDE adds 16 products at offset off into acc.
#define WIDE(off, a, b, acc) \
	VPMOVZXBW off(BX)(DX*1), a; VPMOVSXBW off(SI)(DX*1), b; \
	VPMADDWD a, b, a; VPADDD a, acc, acc

// func codesAVX2(q *int8, k *[5]float32, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
// n is 1 to 64.
TEXT ·codesAVX2(SB), 0, $512-72
	MOVQ tab+16(FP), DI
	MOVQ shift+24(FP), CX
	MOVL mask+32(FP), R8
	MOVQ stride+40(FP), R9
	MOVQ ords+48(FP), SI
	MOVQ n+56(FP), R10
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
	PREFETCHT0 -1(BX)(R9*1)
	CMPQ R9, $96
	JLT  short
	PREFETCHT0 64(BX)
	PREFETCHT0 128(BX)
short:
	INCQ R11
	CMPQ R11, R10
	JLT  addr

	MOVQ q+0(FP), SI
	MOVQ k+8(FP), AX
	MOVQ out+64(FP), DI
	VMOVSS (AX), X12          // k0
	VMOVUPS 4(AX), X13        // k1 k2 k3 k4
	MOVQ R9, R8
	ANDQ $-64, R8             // whole lines
	XORQ R11, R11
next:
	MOVQ (SP)(R11*8), BX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	XORQ DX, DX
line:
	WIDE(0, Y4, Y5, Y0)
	WIDE(16, Y6, Y7, Y1)
	WIDE(32, Y8, Y9, Y0)
	WIDE(48, Y10, Y11, Y1)
	ADDQ $64, DX
	CMPQ DX, R8
	JLT  line

	TESTQ $32, R9
	JZ   sum
	WIDE(0, Y4, Y5, Y0)
sum:
	VPADDD Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0x4e, X0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0xb1, X0, X1
	VPADDD X1, X0, X0
	VCVTDQ2PS X0, X0          // I in every lane
	VMOVUPS -16(BX)(R9*1), X1 // add sum low step
	VMULPS X1, X0, X2
	VBLENDPS $8, X2, X1, X1   // add sum low step·I
	VMULPS X13, X1, X1
	VMOVHLPS X1, X1, X2
	VADDPS X2, X1, X1
	VMOVSHDUP X1, X2
	VADDSS X2, X1, X1
	VADDSS X12, X1, X1
	VMOVSS X1, (DI)(R11*4)
	INCQ R11
	CMPQ R11, R10
	JLT  next
	VZEROUPPER
	RET

// func codesL1AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)
// Sum of |q − (low + step·code)|: 8 components at a time, the last ones one by one.
TEXT ·codesL1AVX2(SB), NOSPLIT, $0-72
	MOVQ tab+16(FP), DI
	MOVQ shift+24(FP), R12
	MOVL mask+32(FP), R8
	MOVQ stride+40(FP), R9
	MOVQ ords+48(FP), R11
	MOVQ n+56(FP), R10
	MOVQ out+64(FP), R13
	MOVQ q+0(FP), SI
	VBROADCASTSS absmaskl12<>(SB), Y15
next:
	MOVL (R11), AX
	MOVQ AX, BX
	MOVQ R12, CX
	SHRQ CX, BX
	MOVQ (DI)(BX*8), BX
	ANDQ R8, AX
	IMULQ R9, AX
	ADDQ AX, BX
	VBROADCASTSS -8(BX)(R9*1), Y8  // low
	VBROADCASTSS -4(BX)(R9*1), Y9  // step
	VXORPS Y0, Y0, Y0
	XORQ DX, DX
	MOVQ dims+8(FP), CX
	SHRQ $3, CX
	JZ   sum
loop:
	VPMOVZXBD (BX)(DX*1), Y1
	VCVTDQ2PS Y1, Y1
	VFMADD213PS Y8, Y9, Y1
	VSUBPS (SI)(DX*4), Y1, Y1
	VANDPS Y15, Y1, Y1
	VADDPS Y1, Y0, Y0
	ADDQ $8, DX
	DECQ CX
	JNZ  loop
sum:
	VEXTRACTF128 $1, Y0, X1
	VADDPS X1, X0, X0
	VMOVHLPS X0, X0, X1
	VADDPS X1, X0, X0
	VMOVSHDUP X0, X1
	VADDSS X1, X0, X0
	MOVQ dims+8(FP), CX
	ANDQ $7, CX
	JZ   store
one:
	MOVBLZX (BX)(DX*1), AX
	VMOVD AX, X1
	VCVTDQ2PS X1, X1
	VFMADD213SS X8, X9, X1
	VSUBSS (SI)(DX*4), X1, X1
	VANDPS X15, X1, X1
	VADDSS X1, X0, X0
	INCQ DX
	DECQ CX
	JNZ  one
store:
	VMOVSS X0, (R13)
	ADDQ $4, R11
	ADDQ $4, R13
	DECQ R10
	JNZ  next
	VZEROUPPER
	RET
