/* SPDX-License-Identifier: MIT */
/*
 * Functions of libraries that are loaded late (base/library.h), under their own names: the rooms
 * that use a library call it as if it were linked, and the tests, which are linked with it, replace
 * its functions by the linker. Only the program is linked with these.
 *
 * STUB(LIBRARY_USB, int, libusb_open, (libusb_device * d, libusb_device_handle **h), (d, h)) loads
 * the library, if nobody did, at the first call of the function. The compiler compares the types
 * with the header of the library. Without the library the program ends with one line.
 */
#pragma once

#include "base/library.h"

/* Never returns NULL. */
void *stub_function(enum library library, const char *name);

/*
 * Hidden: a library that calls its own functions through the table of its imports would get them
 * instead. Macros of the headers give some functions another name: it is expanded first.
 */
#define STUB(library, result, name, parameters, arguments) \
	STUB_(library, result, name, parameters, arguments)
#define STUB_(library, result, name, parameters, arguments)                           \
	__attribute__((visibility("hidden"))) result name parameters                  \
	{                                                                             \
		static __typeof__(name) *function;                                    \
		if (!function)                                                        \
			function = (__typeof__(name) *)stub_function(library, #name); \
		return function arguments;                                            \
	}
