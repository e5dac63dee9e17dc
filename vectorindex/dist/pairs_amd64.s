#include "textflag.h"

// NIBBLES adds what the tables at DI + at say of the two nibbles of the byte in r to x and y.
#define NIBBLES(r, at, x, y) \
	MOVL r, R10;              \
	ANDL $15, R10;            \
	SHRL $4, r;               \
	ADDSS at(DI)(R10*4), x;   \
	ADDSS 64+at(DI)(r*4), y

// func sumNibblesScalar(table *float32, rec *byte, words int) float32
TEXT ·sumNibblesScalar(SB), NOSPLIT, $0-28
	MOVQ table+0(FP), DI
	MOVQ rec+8(FP), SI
	MOVQ words+16(FP), CX
	XORPS X0, X0
	XORPS X1, X1
	XORPS X2, X2
	XORPS X3, X3
	XORPS X4, X4
	XORPS X5, X5
	XORPS X6, X6
	XORPS X7, X7

word:
	MOVBLZX (SI), AX
	MOVBLZX 1(SI), BX
	MOVBLZX 2(SI), DX
	MOVBLZX 3(SI), R8
	NIBBLES(AX, 0, X0, X1)
	NIBBLES(BX, 128, X2, X3)
	NIBBLES(DX, 256, X4, X5)
	NIBBLES(R8, 384, X6, X7)
	ADDQ $4, SI
	ADDQ $512, DI
	DECQ CX
	JNZ  word
	ADDSS X1, X0
	ADDSS X3, X2
	ADDSS X5, X4
	ADDSS X7, X6
	ADDSS X2, X0
	ADDSS X6, X4
	ADDSS X4, X0
	MOVSS X0, ret+24(FP)
	RET
