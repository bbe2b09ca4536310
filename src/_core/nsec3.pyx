# nsec3
