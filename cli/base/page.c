/* SPDX-License-Identifier: MIT */
#include "base/page.h"

#include "base/html.h"
#include "colours.css.h" /* the file without .h as a string, made by CMakeLists.txt */
#include "page.css.h"

static void put_policy(FILE *out, const char *nonce)
{
	html_put(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "base-uri 'none'; form-action 'none'; ");
	if (nonce)
		html_put(out, "style-src 'nonce-%s'; script-src 'nonce-%s'\">\n", nonce, nonce);
	else
		html_put(out, "style-src 'unsafe-inline'\">\n");
}

void page_head(FILE *out, const char *title, const char *nonce, const char *style)
{
	html_put(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	put_policy(out, nonce);
	html_put(out,
		 "<meta name=\"viewport\" content=\"width=device-width\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n",
		 title);
	if (nonce)
		html_put(out, "<style nonce=\"%s\">\n", nonce);
	else
		html_put(out, "<style>\n");
	fputs(colours_css, out);
	fputs(page_css, out);
	if (style)
		fputs(style, out);
	html_put(out, "</style>\n</head>\n<body>\n");
}

const char *page_colours(void)
{
	return colours_css;
}
