// Consecutive vectors in memory are a stream, but the processor's own prefetchers stop at
// every page of 4 KiB, and with short vectors so much arithmetic lies between two lines
// that they come late besides. A kernel therefore asks by name for the lines that lie
// `ahead` bytes beyond the vector at hand, into the second-level cache: there are many
// of them, and they would crowd the first. Behind the last vector it asks for what the
// next call will read; an address that is not there is no fault.
//
// Registers: R11 ahead, R8 the line to ask for next, R9 bytes of a vector, BX the vector
// at hand; CX is lost.

// OPENSTREAM begins, or with ahead = 0 sees to it that nothing is asked for.
#define OPENSTREAM \
	LEAQ (BX)(R11*1), R8; \
	TESTQ R11, R11; JNZ opened; \
	MOVQ $-1, R8; \
opened:

// ASKAHEAD asks for the lines that lie ahead of the vector at hand and were not asked for.
#define ASKAHEAD \
	LEAQ (BX)(R9*1), CX; ADDQ R11, CX; \
ask: \
	CMPQ R8, CX; JAE asked; \
	PREFETCHT2 (R8); ADDQ $64, R8; JMP ask; \
asked:
