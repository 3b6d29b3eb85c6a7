using CsCheck;

namespace Upscale.Imaging.Tests;

public sealed class SampleConverterTests
{
    private static readonly float[] s_special =
        [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, 1f, 0.5f / 255, 1.5f / 255, 254.5f / 255, float.MaxValue, float.MinValue];

    private static readonly Gen<float> s_value = Gen.OneOf(
        Gen.Float[-0.5f, 1.5f],
        Gen.Int[0, s_special.Length - 1].Select(i => s_special[i]));

    [Fact]
    public void Bytes_are_clipped_and_rounded_to_nearest()
        => s_value.Array[0, 200].Sample(values =>
        {
            byte[] bytes = new byte[values.Length];
            SampleConverter.ToBytes(values, [], bytes);
            for (int i = 0; i < values.Length; i++)
                Assert.True(IsNearest(values[i], bytes[i], 255), $"{values[i]:R} became {bytes[i]}");
        });

    [Fact]
    public void Words_are_clipped_and_rounded_to_nearest()
        => Gen.Select(s_value.Array[0, 200], Gen.Int[9, 16]).Sample((values, bits) =>
        {
            ushort[] words = new ushort[values.Length];
            SampleConverter.ToWords(values, bits, words);
            for (int i = 0; i < values.Length; i++)
            {
                Assert.Equal(0, words[i] & ((1 << (16 - bits)) - 1));
                Assert.True(IsNearest(values[i], words[i] >> (16 - bits), (1 << bits) - 1), $"{values[i]:R} became {words[i]}");
            }
        });

    [Fact]
    public void Every_byte_comes_back()
    {
        byte[] samples = [.. Enumerable.Range(0, 256).Select(v => (byte)v)];
        float[] plane = new float[256];
        byte[] back = new byte[256];
        SampleConverter.Unpack(samples, 1, 0, plane);
        SampleConverter.ToBytes(plane, [], back);
        Assert.Equal(samples, back);
        Assert.Equal(1f, plane[255]);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(16)]
    public void Every_word_comes_back(int bits)
    {
        ushort[] samples = [.. Enumerable.Range(0, 1 << bits).Select(v => (ushort)(v << (16 - bits)))];
        float[] plane = new float[samples.Length];
        ushort[] back = new ushort[samples.Length];
        SampleConverter.Unpack(samples, 1, 0, bits, plane);
        SampleConverter.ToWords(plane, bits, back);
        Assert.Equal(samples, back);
        Assert.Equal((0f, 1f), (plane[0], plane[^1]));
    }

    [Fact]
    public void Interleaving_is_undone_by_unpacking()
        => Gen.Select(Gen.Int[1, 4], Gen.Int[1, 70]).SelectMany((bands, width) => Gen.Byte.Array[bands * width].Select(planes => (bands, width, planes))).Sample(t =>
        {
            byte[] row = new byte[t.planes.Length];
            SampleConverter.Interleave<byte>(t.planes, t.bands, row);
            float[] plane = new float[t.width];
            byte[] back = new byte[t.width];
            for (int band = 0; band < t.bands; band++)
            {
                SampleConverter.Unpack(row, t.bands, band, plane);
                SampleConverter.ToBytes(plane, [], back);
                Assert.Equal(t.planes.AsSpan(band * t.width, t.width).ToArray(), back);
            }
        });

    [Fact]
    public void Floats_that_are_no_numbers_are_cleaned()
    {
        float[] plane = new float[4];
        SampleConverter.Unpack([float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0.25f], 1, 0, plane);
        Assert.Equal([0, 1, 0, -0.25f], plane);
    }

    private static bool IsNearest(float value, int sample, int max)
    {
        double exact = float.IsNaN(value) ? 0 : Math.Clamp((double)value, 0, 1) * max;
        return sample >= 0 && sample <= max && Math.Abs(sample - exact) <= 0.5 + (1e-6 * max);
    }
}
