/* SPDX-License-Identifier: MIT */
/*
 * Notes of the program under test with their levels, which the events themselves do not have. A
 * test that links notes.c wraps event_note.
 */
#pragma once

/*
 * The level of the last note of the program that contains this text: 0 for everyone, 1 with -v, 2
 * with -vv. -1: there is none.
 */
int note_level(const char *text);
