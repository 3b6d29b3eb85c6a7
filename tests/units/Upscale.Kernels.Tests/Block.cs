namespace Upscale.Kernels.Tests;

/// <summary>A map of its own memory inside a larger one that is filled with a number, so that what is written beside it is seen.</summary>
internal sealed unsafe class Block : IDisposable
{
    private const float Around = 12345;
    private readonly AlignedMemory _memory;
    private readonly int _gap;

    /// <param name="gap">Floats between pixels, and pixels between rows.</param>
    public Block(int height, int width, int channels, int gap, Func<float>? next = null)
    {
        int pixel = channels + gap, row = (width + gap) * pixel;
        _gap = gap;
        _memory = new AlignedMemory(((long)(height + 2) * row) + gap);
        new Span<float>(_memory.Data, (int)_memory.Length).Fill(Around);
        Map = new FeatureMap((nint)(_memory.Data + row + gap), height, width, channels, row, pixel);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int c = 0; c < channels; c++)
                    Map.At(y, x)[c] = next?.Invoke() ?? Around;
            }
        }
    }

    public FeatureMap Map { get; }

    public double this[int y, int x, int channel] => Map.At(y, x)[channel];

    /// <summary>True when nothing but the map itself was written.</summary>
    public bool IsIntactAround()
    {
        int inside = 0;
        for (int y = 0; y < Map.Height; y++)
        {
            for (int x = 0; x < Map.Width; x++)
            {
                for (int c = 0; c < Map.Channels; c++)
                    inside += Map.At(y, x)[c] == Around ? 1 : 0;
            }
        }

        int all = new ReadOnlySpan<float>(_memory.Data, (int)_memory.Length).Count(Around);
        return all - inside == _memory.Length - ((long)Map.Height * Map.Width * Map.Channels) && inside == 0;
    }

    public float[] ToPlanes()
    {
        float[] planes = new float[Map.Height * Map.Width * Map.Channels];
        int i = 0;
        for (int c = 0; c < Map.Channels; c++)
        {
            for (int y = 0; y < Map.Height; y++)
            {
                for (int x = 0; x < Map.Width; x++)
                    planes[i++] = Map.At(y, x)[c];
            }
        }

        return planes;
    }

    public void Dispose() => _memory.Dispose();

    public override string ToString() => $"{Map.Width}x{Map.Height}x{Map.Channels}, gap {_gap}";
}
