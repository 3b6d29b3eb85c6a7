using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>Recorded arrays of one case.</summary>
internal static class Golden
{
    public const float Tolerance = 1e-4f;

    /// <summary>The cases of a network: folders with a low_res.npy.</summary>
    public static TheoryData<string> Cases(string model)
        => new(TestData.ReferenceFolders("models").Select(f => Path.Combine(f, model)).Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Order(StringComparer.Ordinal));

    /// <summary>A picture.</summary>
    public static Picture Picture(string folder, string name)
    {
        NpyFile file = NpyFile.Read(Path.Combine(folder, name + ".npy"));
        return new Picture(new ImageShape(file.Shape[3], file.Shape[2], file.Shape[1]), file.ToFloats());
    }

    /// <summary>Compares the runs of the network with x_t4, r0_hat_t4, x_t3, ...</summary>
    public static void Trajectory(string folder, RecordingServices services, int[] timesteps)
    {
        float[][] inputs = [.. services.Tensors.Where(t => t.Component == "unet" && t.Name == "sample").Select(t => t.Values)];
        float[][] estimates = [.. services.Tensors.Where(t => t.Name == "out_sample").Select(t => t.Values)];
        Assert.Equal(timesteps.Length, inputs.Length);
        for (int i = 0; i < timesteps.Length; i++)
        {
            Near(Path.Combine(folder, $"x_t{timesteps[i]}.npy"), inputs[i]);
            Near(Path.Combine(folder, $"r0_hat_t{timesteps[i]}.npy"), estimates[i]);
        }
    }

    /// <summary>Compares an array.</summary>
    public static void Near(string path, float[] actual)
    {
        float[] expected = NpyFile.Read(path).ToFloats();
        Assert.Equal(expected.Length, actual.Length);
        float worst = expected.Zip(actual, (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= Tolerance, $"{path}: the largest difference is {worst}.");
    }
}
