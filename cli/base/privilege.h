/* SPDX-License-Identifier: MIT */
/*
 * Root privileges serve to open the controller, nothing else. Started through sudo, blepair does
 * everything else, files included, as the user who called sudo; once the controller is open, it
 * drops root and all capabilities for good. Root without sudo stays root, without supplementary
 * groups and with CAP_DAC_OVERRIDE as its only capability.
 */
#pragma once

#include <stdbool.h>

/*
 * Becomes the caller of sudo, for now. Call it first. keep: --keep-root, the functions below change
 * nothing. 0, or -1 with errno.
 */
int privilege_begin(int keep);

/* The home directory of the user who owns the files, or NULL. Call it before privilege_drop(). */
const char *privilege_home(void);

/* Take and give back the privileges that opening a controller needs. */
void privilege_raise(void);
void privilege_lower(void);

/*
 * True while this process has, or can take, more rights than other programs of the user: root, root
 * behind the caller of sudo, or a capability. False with --keep-root, which asks for it.
 */
bool privilege_held(void);

/* Drops all privileges for good. 0, or -1 with errno: the program must end. */
int privilege_drop(void);
