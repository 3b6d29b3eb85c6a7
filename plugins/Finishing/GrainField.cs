namespace Upscale.Finishing;

/// <summary>Filtered noise, row after row from the first one down: a function of seed, channel and place, without edges.</summary>
internal sealed class GrainField
{
    /// <summary>The field of noise that grain is made of, away from the steps of diffusion.</summary>
    private const int Step = 0x6772_6169;

    private readonly INoise _noise;
    private readonly int _channel;
    private readonly GaussianKernel _kernel;
    private readonly float[] _white;
    private readonly float[][] _rows;
    private int _next;

    /// <param name="noise">Of deviation 1.</param>
    /// <param name="channel">Names the field.</param>
    /// <param name="kernel">Of the power 1.</param>
    /// <param name="width">Pixels in a row.</param>
    public GrainField(INoise noise, int channel, GaussianKernel kernel, int width)
    {
        _noise = noise;
        _channel = channel;
        _kernel = kernel;
        _white = new float[width + (2 * kernel.Radius)];
        _rows = [.. Enumerable.Range(0, (2 * kernel.Radius) + 1).Select(_ => new float[width])];
        _next = -kernel.Radius;
    }

    /// <summary>One row.</summary>
    /// <param name="y">The one after the last call's, from 0.</param>
    /// <param name="result">Receives it.</param>
    public void Row(int y, Span<float> result)
    {
        int radius = _kernel.Radius;
        for (; _next <= y + radius; _next++)
        {
            _noise.Fill(Step, _channel, -radius, _next, _white);
            _kernel.Sum(d => _white.AsSpan(radius + d), Held(_next));
        }

        _kernel.Sum(d => Held(y + d), result);
    }

    private float[] Held(int y) => _rows[(y + _kernel.Radius) % _rows.Length];
}
