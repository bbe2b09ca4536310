/* Short cuts for the lines that zones are full of. */
#include "scan_internal.h"

fs_reason fs_scan_lines(fs_scanner *s) {
    (void)s;
    return FS_R_OK;
}
