"""Random numbers by a counter, on whole numbers of Python: Philox, and the orders it makes."""


def philox(counter, key):
    """Philox 4x32-10 on whole numbers (Salmon et al. 2011)."""
    (a, b, c, d), (k, q) = counter, key
    for _ in range(10):
        p, r = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (r >> 32) ^ b ^ k, r % 2**32, (p >> 32) ^ d ^ q, p % 2**32
        k, q = (k + 0x9E3779B9) % 2**32, (q + 0xBB67AE85) % 2**32
    return a, b, c, d


def order(m, seed, epoch):
    """Fisher-Yates from the last place down, 64 random bits a swap, two swaps a block."""
    a = list(range(m))
    for n, i in enumerate(range(m - 1, 0, -1)):
        words = philox((n // 2, epoch % 2**32, epoch >> 32, 3), (seed % 2**32, seed >> 32))
        high, low = words[2:] if n % 2 else words[:2]
        j = (((high << 32) + low) * (i + 1)) >> 64
        a[i], a[j] = a[j], a[i]
    return a
