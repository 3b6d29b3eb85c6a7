namespace Upscale.Diffusion.Colour;

/// <summary>Mean and deviation of each channel of a picture that goes by.</summary>
internal sealed class ChannelStatistics(ImageShape shape)
{
    private const double Epsilon = 1e-5;
    private readonly double[] _sums = new double[shape.Channels];
    private readonly double[] _squares = new double[shape.Channels];

    public void Add(Strip strip)
    {
        for (int c = 0; c < strip.Channels; c++)
        {
            foreach (float value in strip.Plane(c))
            {
                _sums[c] += value;
                _squares[c] += (double)value * value;
            }
        }
    }

    public double Mean(int channel) => _sums[channel] / shape.Pixels;

    /// <summary>sqrt(variance + 1e-5), the variance that of a sample.</summary>
    public double Deviation(int channel)
    {
        double variance = (_squares[channel] - (_sums[channel] * Mean(channel))) / Math.Max(1, shape.Pixels - 1);
        return Math.Sqrt(Math.Max(0, variance) + Epsilon);
    }
}
