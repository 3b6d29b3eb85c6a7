using CsCheck;

namespace Upscale.Abstractions.Tests;

public sealed class NoiseTests
{
    /// <summary>The known answers that Random123, the generator's first implementation, comes with.</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3)
        => Assert.Equal((r0, r1, r2, r3), Philox.Block((c0, c1, c2, c3), (k0, k1)));

    [Fact]
    public void The_numbers_are_standard_normal()
    {
        var values = new float[1 << 20];
        var noise = new Noise(7);
        for (int y = 0; y < 1024; y++)
            noise.Fill(1, 2, 0, y, values.AsSpan(y * 1024, 1024));

        double[] moments = [.. Enumerable.Range(1, 4).Select(p => values.Average(v => Math.Pow(v, p)))];

        // Five standard errors of each moment's estimate.
        double error = 5 / Math.Sqrt(values.Length);
        Assert.Equal(0, moments[0], error);
        Assert.Equal(1, moments[1], error * Math.Sqrt(2));
        Assert.Equal(0, moments[2], error * Math.Sqrt(15));
        Assert.Equal(3, moments[3], error * Math.Sqrt(96));
        Assert.Equal(0.0455, values.Count(v => MathF.Abs(v) > 2) / (double)values.Length, 0.001);
    }

    [Fact]
    public void Neighbours_channels_steps_and_seeds_are_uncorrelated()
    {
        float[] here = Row(7, 1, 0, 0, 0);
        foreach (float[] other in new[] { Row(7, 1, 0, 1, 0), Row(7, 1, 0, 2, 0), Row(7, 1, 0, 4, 0), Row(7, 1, 0, 0, 1), Row(7, 1, 1, 0, 0), Row(7, 2, 0, 0, 0), Row(8, 1, 0, 0, 0), Row(7L << 32, 1, 0, 0, 0) })
            Assert.Equal(0, here.Zip(other, (a, b) => a * b).Average(), 5 / Math.Sqrt(here.Length));

        static float[] Row(long seed, int step, int channel, int x, int y)
        {
            var row = new float[1 << 16];
            new Noise(seed).Fill(step, channel, x, y, row);
            return row;
        }
    }

    [Fact]
    public void A_part_of_a_row_is_the_same_whatever_it_begins_with()
        => Gen.Select(Gen.Long, Gen.Int[0, 300], Gen.Int[1, 300], Gen.Int[0, 1000]).Sample((seed, from, length, y) =>
        {
            var noise = new Noise(seed);
            var whole = new float[from + length];
            var part = new float[length];
            noise.Fill(3, 1, 0, y, whole);
            noise.Fill(3, 1, from, y, part);
            return whole.AsSpan(from).SequenceEqual(part);
        });
}
