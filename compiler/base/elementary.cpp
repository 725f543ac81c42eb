#include "compiler/base/elementary.h"

#include <array>
#include <cmath>
#include <limits>

namespace permloom {
namespace {

/// Coefficients from the highest power down.
template <size_t N>
double polynomial(const std::array<double, N>& coefficients, double x) {
    double value = coefficients[0];
    for (size_t i = 1; i < N; ++i)
        value = value * x + coefficients[i];
    return value;
}

struct Rational {
    std::array<double, 8> above, below;
    double at(double x) const { return polynomial(above, x) / polynomial(below, x); }
};

// Near the middle, in the tails, and far out.
constexpr Rational MIDDLE = {
    {2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
     4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
     1.3314166789178437745e+2, 3.3871328727963666080e+0},
    {5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4,
     2.1213794301586595867e+4, 5.3941960214247511077e+3, 6.8718700749205790830e+2,
     4.2313330701600911252e+1, 1.0}};
constexpr Rational TAIL = {
    {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258e+0, 3.64784832476320460504e+0, 5.76949722146069140550e+0,
     4.63033784615654529590e+0, 1.42343711074968357734e+0},
    {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e+0,
     2.05319162663775882187e+0, 1.0}};
constexpr Rational FAR = {
    {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e+0,
     5.46378491116411436990e+0, 6.65790464350110377720e+0},
    {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0}};

// ln 2 in two parts: a multiple of the first by a whole number below 2^11 is exact.
constexpr double LN2_HIGH = 0x1.62e42fefa3800p-1, LN2_LOW = 0x1.ef35793c76730p-45;

}  // namespace

double portable_exp(double x) {
    if (x > 709.78) return std::numeric_limits<double>::infinity();
    if (x < -745.0) return 0.0;
    const double power = std::nearbyint(x / (LN2_HIGH + LN2_LOW));
    const double rest = (x - power * LN2_HIGH) - power * LN2_LOW;  // at most ln 2 / 2
    double term = 1.0, sum = 0.0;
    std::array<double, 15> terms{};
    for (size_t k = 0; k < terms.size(); ++k) {
        terms[k] = term;
        term = term * rest / static_cast<double>(k + 1);
    }
    for (size_t k = terms.size(); k-- > 0;)  // small ones first
        sum += terms[k];
    return std::ldexp(sum, static_cast<int>(power));
}

double portable_log(double x) {
    int power = 0;
    double part = std::frexp(x, &power);  // in [0.5, 1)
    if (part < 0.70710678118654752) {
        part *= 2.0;
        --power;
    }
    // 2 artanh((m - 1) / (m + 1)), whose argument is at most 0.172.
    const double ratio = (part - 1.0) / (part + 1.0), square = ratio * ratio;
    double series = 0.0;
    for (int k = 12; k >= 1; --k)
        series = (series + 1.0 / (2 * k + 1)) * square;
    return power * LN2_HIGH + (power * LN2_LOW + (2.0 * ratio + 2.0 * ratio * series));
}

double normal_quantile(double p) {
    const double q = p - 0.5;
    if (std::abs(q) <= 0.425) return q * MIDDLE.at(0.180625 - q * q);
    const double r = std::sqrt(-portable_log(q < 0.0 ? p : 1.0 - p));
    const double x = r <= 5.0 ? TAIL.at(r - 1.6) : FAR.at(r - 5.0);
    return q < 0.0 ? -x : x;
}

}  // namespace permloom
