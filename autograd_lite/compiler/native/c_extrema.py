"""Maxima and minima of floats in C, by vectors; NaN where there is one, as in NumPy.

Compilers make no vectors of a reduction to an extremum, for they know nothing of NaN in one.
"""

MARK = "mum_of_"
"""What stands in the names of functions that kernels call."""
TEXT = """\
#ifdef __clang__
#define MOVED(x, kind, ...) __builtin_shufflevector(x, x, __VA_ARGS__)
#else
typedef int64_t places_double __attribute__((vector_size(64)));
typedef int32_t places_float __attribute__((vector_size(64)));
#define MOVED(x, kind, ...) __builtin_shuffle(x, (places_##kind){__VA_ARGS__})
#endif
#define EIGHTH_double(f, x) x
#define EIGHTH_float(f, x) f(x, MOVED(x, float, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7))
#define FOURTH_double(f, x) f(x, MOVED(x, double, 4, 5, 6, 7, 0, 1, 2, 3))
#define FOURTH_float(f, x) f(x, MOVED(x, float, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11))
#define SECOND_double(f, x) f(x, MOVED(x, double, 2, 3, 0, 1, 6, 7, 4, 5))
#define SECOND_float(f, x) f(x, MOVED(x, float, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13))
#define FIRST_double(f, x) f(x, MOVED(x, double, 1, 0, 3, 2, 5, 4, 7, 6))
#define FIRST_float(f, x) f(x, MOVED(x, float, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))
#define EXTREMUM(name, type, sign) ALWAYS type##s name##_each_##type(type##s x, type##s y) { \\
    const __typeof__(x > y) first = (x sign y) | (x != x); \\
    return (type##s)(((__typeof__(first))x & first) | ((__typeof__(first))y & ~first)); } \\
ALWAYS type##s name##_##type(const type *x, int64_t n, type##s m) { \\
    for (int64_t k = 0; k < n; k += sizeof m / sizeof *x) m = name##_each_##type(m, *(const type##s *)(x + k)); \\
    return m; } \\
ALWAYS type name##_of_##type(type##s m) { \\
    m = EIGHTH_##type(name##_each_##type, m); \\
    m = FOURTH_##type(name##_each_##type, m); \\
    m = SECOND_##type(name##_each_##type, m); \\
    m = FIRST_##type(name##_each_##type, m); \\
    return m[0]; }
EXTREMUM(maximum, double, >) EXTREMUM(maximum, float, >) EXTREMUM(minimum, double, <) EXTREMUM(minimum, float, <)
"""
"""``maximum_float(x, n, m)`` compares `n` numbers with a vector; ``maximum_of_float(m)`` is the largest of it."""
