#include "textflag.h"

// Keep, sixteen places at a time. What is kept is gathered within registers and stored
// whole: that ends before the next sixteen begin, as no more was kept than was read.
// The last ones are read and stored under masks.
//
// Registers: SI ids, BX own, DI dists, R10 places left, R9 the place at hand, R8 kept.

#define PACK \
	VCOMPRESSPS.Z Z1, K1, Z1; VPCOMPRESSD.Z Z2, K1, Z2; \
	KMOVW K1, AX; POPCNTL AX, CX

// func keepAVX512(ids *uint32, own, dists *float32, n int) int
TEXT ·keepAVX512(SB), NOSPLIT, $0-40
	MOVQ ids+0(FP), SI
	MOVQ own+8(FP), BX
	MOVQ dists+16(FP), DI
	MOVQ n+24(FP), R10
	XORQ R8, R8
	XORQ R9, R9
	JMP  next
sixteen:
	VMOVUPS (DI)(R9*4), Z0
	VMOVUPS (BX)(R9*4), Z1
	VMOVDQU32 (SI)(R9*4), Z2
	VCMPPS $5, Z1, Z0, K1 // not below
	PACK
	VMOVUPS Z1, (BX)(R8*4)
	VMOVDQU32 Z2, (SI)(R8*4)
	ADDQ CX, R8
	ADDQ $16, R9
	SUBQ $16, R10
next:
	CMPQ R10, $16
	JGE  sixteen
	TESTQ R10, R10
	JZ   done
	MOVL $1, AX
	MOVQ R10, CX
	SHLL CX, AX
	DECL AX
	KMOVW AX, K2
	VMOVUPS.Z (DI)(R9*4), K2, Z0
	VMOVUPS.Z (BX)(R9*4), K2, Z1
	VMOVDQU32.Z (SI)(R9*4), K2, Z2
	VCMPPS $5, Z1, Z0, K2, K1
	PACK
	MOVL $1, DX
	SHLL CX, DX
	DECL DX
	KMOVW DX, K3
	VMOVUPS Z1, K3, (BX)(R8*4)
	VMOVDQU32 Z2, K3, (SI)(R8*4)
	ADDQ CX, R8
done:
	VZEROUPPER
	MOVQ R8, ret+32(FP)
	RET
