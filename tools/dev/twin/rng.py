"""The generator of compiler/base/rng.h and the streams of compiler/train/streams.h."""

MASK = (1 << 64) - 1

# compiler/train/streams.h, enum Draw
DEVICES, ARRANGEMENT, ORDER = 1, 2, 5


class Rng:
    """xoshiro256**, seeded through splitmix64; the same numbers as permloom::Rng."""

    def __init__(self, seed, stream=0):
        x, first = _splitmix64(seed)
        x = first ^ (stream * 0xD1342543DE82EF95 & MASK)
        state = []
        for _ in range(4):
            x, word = _splitmix64(x)
            state.append(word)
        self.state = tuple(state)

    def next(self):
        s0, s1, s2, s3 = self.state
        x = s1 * 5 & MASK
        result = ((x << 7 & MASK) | x >> 57) * 9 & MASK
        s2 ^= s0
        s3 ^= s1
        self.state = (s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17 & MASK), (s3 << 45 & MASK) | s3 >> 19)
        return result

    def uniform(self):
        """In [0, 1), a multiple of 2^-53."""
        return (self.next() >> 11) * 2.0**-53

    def below(self, bound):
        """In [0, bound), unbiased (Lemire's rejection)."""
        product = self.next() * bound
        if product & MASK < bound:
            threshold = ((1 << 64) - bound) % bound
            while product & MASK < threshold:
                product = self.next() * bound
        return product >> 64

    def shuffle(self, items):
        """Fisher-Yates, in place."""
        for i in range(len(items), 1, -1):
            j = self.below(i)
            items[i - 1], items[j] = items[j], items[i - 1]


def _splitmix64(x):
    """The next state and the number drawn."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    z = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return x, z ^ z >> 31


def stream(seed, draw, index=0):
    return Rng(seed, draw << 56 | index)


def epoch_order(seed, epoch, count):
    """Training images 0..count-1 in the order in which epoch `epoch` (from 0) reads them."""
    order = list(range(count))
    stream(seed, ORDER, epoch).shuffle(order)
    return order
