/* SPDX-License-Identifier: MIT */
#include "stubs/stub.h"

#include <stdio.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/words.h"

void *stub_function(enum library library, const char *name)
{
	const struct library_facts *facts = &library_facts[library];
	void *function = library_function(library, name);

	if (function)
		return function;
	words_complain("%s with %s is needed for %s: apt install %s", facts->name, name, facts->use,
		       facts->package);
	_exit(CLI_INTERNAL);
}
