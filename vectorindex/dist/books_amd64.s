#include "textflag.h"

// func bookSumsAVX2(v, books *float32, cuts *uint32, parts int, out *float32)
TEXT ·bookSumsAVX2(SB), NOSPLIT, $0-40
	MOVQ v+0(FP), SI
	MOVQ books+8(FP), DI
	MOVQ cuts+16(FP), R8
	MOVQ parts+24(FP), CX
	MOVQ out+32(FP), R9

part:
	MOVL 4(R8), DX
	SUBL (R8), DX
	VXORPS Y0, Y0, Y0         // centroids 0 to 7
	VXORPS Y1, Y1, Y1         // centroids 8 to 15
component:
	VBROADCASTSS (SI), Y2
	VFMADD231PS (DI), Y2, Y0
	VFMADD231PS 32(DI), Y2, Y1
	ADDQ $4, SI
	ADDQ $64, DI
	DECL DX
	JNZ  component
	VMOVUPS Y0, (R9)
	VMOVUPS Y1, 32(R9)
	ADDQ $64, R9
	ADDQ $4, R8
	DECQ CX
	JNZ  part
	VZEROUPPER
	RET
