/* SPDX-License-Identifier: MIT */
/* The cryptographic library, which can be made to fail: by the linker (--wrap, see CMakeLists.txt).
 */
#pragma once

/* Calls of the library so far. */
extern unsigned fake_psa_calls;
/* The number of the call that fails, from 1; 0: none. */
extern unsigned fake_psa_fails;
