/* SPDX-License-Identifier: MIT */
/*
 * Root is for opening the controller, and for nothing else. Started through sudo, everything but
 * that is done as the user who called it, files included; once the controller is open, root and all
 * capabilities are gone for good. Root without sudo stays root, with the right to files alone.
 */
#pragma once

/* First of all. keep: --keep-root, change nothing here or later. 0, or -1 with errno. */
int privilege_begin(int keep);

/* The home directory of the user whose files are used; NULL: none. To be asked before drop. */
const char *privilege_home(void);

/* Rights for opening the controller, and back again: files are the caller's. */
void privilege_raise(void);
void privilege_lower(void);

/* The end of all rights. 0, or -1 with errno: not to be gone on with. */
int privilege_drop(void);
