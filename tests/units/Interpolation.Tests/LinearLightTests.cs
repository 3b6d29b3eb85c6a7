using Upscale.Testing;
using CsCheck;

namespace Upscale.Interpolation.Tests;

public sealed class LinearLightTests
{
    [Fact]
    public void Decoding_follows_the_standard()
        => Gen.Float[-4, 4].Array[1, 40].Sample(values => Compare(values, v => SrgbCurve.Decode(v), ExactDecode));

    [Fact]
    public void Encoding_follows_the_standard()
        => Gen.Float[-4, 4].Array[1, 40].Sample(values => Compare(values, v => SrgbCurve.Encode(v), ExactEncode));

    [Fact]
    public void The_curves_are_exact_enough_everywhere_between_black_and_white()
    {
        float[] values = [.. Enumerable.Range(0, 1_000_001).Select(i => i / 1e6f)];
        Compare(values, v => SrgbCurve.Decode(v), ExactDecode);
        Compare(values, v => SrgbCurve.Encode(v), ExactEncode);
    }

    [Fact]
    public void Special_values_stay_what_they_are()
    {
        float[] values = [0, 1, -1, float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        float[] decoded = [.. values];
        SrgbCurve.Decode(decoded);
        Assert.Equal(values, decoded.Select(v => Math.Abs(Math.Abs(v) - 1) < 1e-6 ? Math.Sign(v) : v));
        float[] encoded = [.. values];
        SrgbCurve.Encode(encoded);
        Assert.Equal(values, encoded.Select(v => Math.Abs(Math.Abs(v) - 1) < 1e-6 ? Math.Sign(v) : v));
    }

    [Fact]
    public void Black_and_white_mix_to_half_the_light()
    {
        Picture chessboard = Picture.Make(new ImageShape(64, 64, 3), (_, y, x) => (x + y) % 2);
        Assert.All(Resize.Run(chessboard, "box", 32, 32).Data, p => Assert.Equal(0.5, p, 1e-6));
        Assert.All(Resize.Run(chessboard, "box", 32, 32, linearLight: true).Data, p => Assert.Equal(ExactEncode(0.5), p, 1e-5));
    }

    [Fact]
    public void Linear_light_is_decoding_resampling_and_encoding()
    {
        Picture input = Picture.Random(new ImageShape(90, 60, 3), 9);
        Picture light = Picture.Make(input.Shape, (c, y, x) => (float)ExactDecode(input[c, y, x]));
        Picture expected = Resize.Run(light, "lanczos3", 200, 150);
        Picture output = Resize.Run(input, "lanczos3", 200, 150, linearLight: true);
        for (int i = 0; i < output.Data.Length; i++)
            Assert.Equal(ExactEncode(expected.Data[i]), output.Data[i], 1e-5);
    }

    [Fact]
    public void Nearest_copies_in_linear_light_too()
    {
        Picture input = Picture.Random(new ImageShape(20, 10, 1), 8);
        Assert.Equal(Resize.Run(input, "nearest", 40, 33).Data, Resize.Run(input, "nearest", 40, 33, linearLight: true).Data);
    }

    private static void Compare(float[] values, Action<float[]> curve, Func<double, double> exact)
    {
        float[] actual = [.. values];
        curve(actual);
        for (int i = 0; i < values.Length; i++)
        {
            double expected = exact(values[i]);
            Assert.True(Math.Abs(expected - actual[i]) <= 2e-6 * Math.Max(1, Math.Abs(expected)), $"{values[i]}: {actual[i]}, not {expected}");
        }
    }

    private static double ExactDecode(double v)
        => Math.Sign(v) * (Math.Abs(v) <= 0.04045 ? Math.Abs(v) / 12.92 : Math.Pow((Math.Abs(v) + 0.055) / 1.055, 2.4));

    private static double ExactEncode(double v)
        => Math.Sign(v) * (Math.Abs(v) <= 0.0031308 ? Math.Abs(v) * 12.92 : (1.055 * Math.Pow(Math.Abs(v), 1 / 2.4)) - 0.055);
}
