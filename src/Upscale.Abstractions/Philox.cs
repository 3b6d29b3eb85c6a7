namespace Upscale;

/// <summary>
/// Philox4x32-10: a counter-based generator, a bijection of 128 bits that looks random (J. Salmon, M. Moraes, R. Dror, D. Shaw: "Parallel
/// random numbers: as easy as 1, 2, 3", SC 2011).
/// </summary>
public static class Philox
{
    private const int Rounds = 10;

    /// <summary>Computes one block: 128 random bits for a counter.</summary>
    /// <param name="counter">Names the block.</param>
    /// <param name="key">Names the sequence.</param>
    public static (uint R0, uint R1, uint R2, uint R3) Block((uint C0, uint C1, uint C2, uint C3) counter, (uint K0, uint K1) key)
    {
        (uint c0, uint c1, uint c2, uint c3) = counter;
        (uint k0, uint k1) = key;
        unchecked
        {
            for (int round = 0; round < Rounds; round++)
            {
                ulong first = (ulong)c0 * 0xD2511F53;
                ulong second = (ulong)c2 * 0xCD9E8D57;
                c0 = (uint)(second >> 32) ^ c1 ^ k0;
                c2 = (uint)(first >> 32) ^ c3 ^ k1;
                c1 = (uint)second;
                c3 = (uint)first;
                k0 += 0x9E3779B9;
                k1 += 0xBB67AE85;
            }
        }

        return (c0, c1, c2, c3);
    }
}
