/*
 * html.h - text into HTML. Everything that is not markup of ours goes through one of these two, so that no name, path
 * or message can become markup.
 */
#ifndef ALLOCBENCH_REPORT_HTML_H
#define ALLOCBENCH_REPORT_HTML_H

#include <stdio.h>

/* Escaped for content and for attributes in double quotes; control characters become blanks. NULL is nothing. */
void html_text(FILE *out, const char *text);
/* Writes `markup`, in which each $ stands for the next argument, a text that is escaped. */
void html_put(FILE *out, const char *markup, ...);

/* A part of the page that is folded away until somebody wants it. It stands in <noscript>: to a browser with script it
 * is text until it is opened, so that a page of thousands of charts opens at once; to one without it is there as it is.
 */
void html_fold_begin(FILE *out, const char *summary);
void html_fold_end(FILE *out);

#endif
