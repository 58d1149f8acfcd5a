/*
 * html.c - see html.h.
 */
#include "html.h"

#include <stdarg.h>

void html_text(FILE *out, const char *text) {
    for (; text && *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc((unsigned char)*text < ' ' && *text != '\n' ? ' ' : *text, out);
        }
}

void html_put(FILE *out, const char *markup, ...) {
    va_list arguments;
    va_start(arguments, markup);
    for (; *markup; markup++)
        if (*markup == '$')
            html_text(out, va_arg(arguments, const char *));
        else
            fputc(*markup, out);
    va_end(arguments);
}

void html_fold_begin(FILE *out, const char *summary) {
    html_put(out, "<details class=\"fold\"><summary>$</summary><noscript>\n", summary);
}

void html_fold_end(FILE *out) {
    fputs("</noscript></details>\n", out);
}
