/* scan_lines.c without vectors: what other machines run, and tests on this one. */
#define FS_PORTABLE
#define fs_scan_lines fs_scan_lines_portable
#include "scan_lines.c"
