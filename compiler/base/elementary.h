/// Elementary functions made of IEEE additions, multiplications, divisions and square roots alone:
/// the same bits on every machine, whatever its mathematical library. Good to a few units in the
/// last place.
#pragma once

namespace permloom {

/// e^x; 0 below -745, infinite above 709.78.
double portable_exp(double x);
/// Natural logarithm of a positive finite number.
double portable_log(double x);
/// x with 0 <= p <= 1 of the standard normal distribution below it, 0 < p < 1 (Wichura 1988,
/// algorithm AS 241, PPND16).
double normal_quantile(double p);

}  // namespace permloom
