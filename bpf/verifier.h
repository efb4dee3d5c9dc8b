/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What keeps the compiler from transformations after which the verifier cannot follow. */
#ifndef TWINPATH_VERIFIER_H
#define TWINPATH_VERIFIER_H

/* The compiler knows nothing of the variable's value from here on, and has it in one register. */
#define opaque(variable_) asm volatile("" : "+r"(variable_))

#endif
