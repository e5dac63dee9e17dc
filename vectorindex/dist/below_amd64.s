#include "textflag.h"

// Sums become distances, and distances marks: see Below. n is a multiple of 64.
//
// Registers: SI sums, BX factors or nil, R10 sums left, DI marks; Z28 the term to
// add, Z29 the scale, Z30 the bound. A distance d is marked by the comparison
// "not d+(d−d) ≥ bound", which holds when d is infinite or NaN, too.

#define ARGS \
	MOVQ sums+0(FP), SI; MOVQ factors+8(FP), BX; MOVQ n+16(FP), R10; MOVQ marks+40(FP), DI

#define MARK16(off, word) \
	VFMADD213PS Z28, Z0, Z1; VMOVUPS Z1, off(SI); \
	VSUBPS Z1, Z1, Z2; VADDPS Z2, Z1, Z1; \
	VCMPPS $25, Z30, Z1, K1; KMOVW K1, AX; MOVW AX, word(DI)

#define FACTOR16(off, word) \
	VMOVUPS off(SI), Z0; VMULPS off(BX), Z29, Z1; MARK16(off, word)
#define PLAIN16(off, word) \
	VMOVUPS off(SI), Z0; VMOVAPS Z29, Z1; MARK16(off, word)

// func belowAVX512(sums, factors *float32, n int, add, scale, bound float32, marks *uint64)
TEXT ·belowAVX512(SB), NOSPLIT, $0-48
	ARGS
	VBROADCASTSS add+24(FP), Z28
	VBROADCASTSS scale+28(FP), Z29
	VBROADCASTSS bound+32(FP), Z30
	TESTQ R10, R10
	JZ    done
	TESTQ BX, BX
	JZ    plain
factored:
	FACTOR16(0, 0)
	FACTOR16(64, 2)
	FACTOR16(128, 4)
	FACTOR16(192, 6)
	ADDQ $256, SI
	ADDQ $256, BX
	ADDQ $8, DI
	SUBQ $64, R10
	JNZ  factored
	JMP  done
plain:
	PLAIN16(0, 0)
	PLAIN16(64, 2)
	PLAIN16(128, 4)
	PLAIN16(192, 6)
	ADDQ $256, SI
	ADDQ $8, DI
	SUBQ $64, R10
	JNZ  plain
done:
	VZEROUPPER
	RET

// Eight at a time: Y13 the term to add, Y14 the scale, Y15 the bound.

#define MARK8(off, word) \
	VFMADD213PS Y13, Y0, Y1; VMOVUPS Y1, off(SI); \
	VSUBPS Y1, Y1, Y2; VADDPS Y2, Y1, Y1; \
	VCMPPS $25, Y15, Y1, Y1; VMOVMSKPS Y1, AX; MOVB AX, word(DI)

#define FACTOR8(off, word) \
	VMOVUPS off(SI), Y0; VMULPS off(BX), Y14, Y1; MARK8(off, word)
#define PLAIN8(off, word) \
	VMOVUPS off(SI), Y0; VMOVAPS Y14, Y1; MARK8(off, word)

// func belowAVX2(sums, factors *float32, n int, add, scale, bound float32, marks *uint64)
TEXT ·belowAVX2(SB), NOSPLIT, $0-48
	ARGS
	VBROADCASTSS add+24(FP), Y13
	VBROADCASTSS scale+28(FP), Y14
	VBROADCASTSS bound+32(FP), Y15
	TESTQ R10, R10
	JZ    done
	TESTQ BX, BX
	JZ    plain
factored:
	FACTOR8(0, 0)
	FACTOR8(32, 1)
	FACTOR8(64, 2)
	FACTOR8(96, 3)
	FACTOR8(128, 4)
	FACTOR8(160, 5)
	FACTOR8(192, 6)
	FACTOR8(224, 7)
	ADDQ $256, SI
	ADDQ $256, BX
	ADDQ $8, DI
	SUBQ $64, R10
	JNZ  factored
	JMP  done
plain:
	PLAIN8(0, 0)
	PLAIN8(32, 1)
	PLAIN8(64, 2)
	PLAIN8(96, 3)
	PLAIN8(128, 4)
	PLAIN8(160, 5)
	PLAIN8(192, 6)
	PLAIN8(224, 7)
	ADDQ $256, SI
	ADDQ $8, DI
	SUBQ $64, R10
	JNZ  plain
done:
	VZEROUPPER
	RET
