using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>Noise from files noise_0.npy, noise_1.npy, ... of shape 1 x C x H x W.</summary>
internal sealed class RecordedNoise(string folder) : INoise
{
    private readonly NpyFile[] _fields = [.. Enumerable.Range(0, 4).Select(i => NpyFile.Read(Path.Combine(folder, $"noise_{i}.npy")))];

    public void Fill(int step, int channel, int x, int y, Span<float> row)
    {
        NpyFile field = _fields[step];
        int start = ((((channel * field.Shape[2]) + y) * field.Shape[3]) + x);
        for (int i = 0; i < row.Length; i++)
            row[i] = (float)field.Values[start + i];
    }
}
