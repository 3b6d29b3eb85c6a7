using CsCheck;
using Upscale.Diffusion.ResShift;
using Upscale.Diffusion.Sources;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>The small parts that the samplers are made of.</summary>
public sealed class PartTests
{
    public static TheoryData<string> Cases => Golden.Cases("resshift-x4-compact");

    private static readonly Gen<Picture> s_pictures = Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 3], Gen.Int).Select((w, h, c, seed) => Picture.Random(new ImageShape(w, h, c), seed));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bicubic_enlargement_is_the_recorded_one(string folder)
    {
        Picture small = Golden.Picture(folder, "low_res");
        (int width, int height) = (small.Shape.Width, small.Shape.Height);
        float[] large = new float[small.Data.Length * 16];
        for (int c = 0; c < 3; c++)
            BicubicEnlargement.Run(small.Data.AsSpan(c * width * height, width * height), width, height, 4, large.AsSpan(c * width * height * 16, width * height * 16));
        Golden.Near(Path.Combine(folder, "up.npy"), large);
    }

    [Fact]
    public void Phases_joined_are_the_planes_again_and_a_source_of_phases_gives_the_same()
        => Gen.Select(s_pictures, Gen.Int[1, 4], Gen.Int[1, 11]).Sample((phases, factor, strip) =>
        {
            ImageShape small = phases.Shape;
            var all = Picture.Random(small with { Channels = small.Channels * factor * factor }, strip);
            float[] joined = new float[all.Data.Length];
            float[] split = new float[all.Data.Length];
            PixelShuffle.Join(all.Data, joined, small.Width, small.Height, factor);
            PixelShuffle.Split(joined, split, small.Width, small.Height, factor);
            var large = new Picture(new ImageShape(small.Width * factor, small.Height * factor, small.Channels), joined);
            Picture read = Picture.ReadAsync(new PhaseSource(large.Source(strip), factor)).GetAwaiter().GetResult();
            return split.SequenceEqual(all.Data) && read.Data.SequenceEqual(all.Data) && large[0, factor - 1, 0] == all[(factor - 1) * factor, 0, 0];
        });

    [Fact]
    public void An_extended_picture_repeats_its_edge_and_cut_again_is_the_same()
        => Gen.Select(s_pictures, Gen.Int[0, 5], Gen.Int[0, 5], Gen.Int[1, 11]).Sample((picture, right, below, strip) =>
        {
            (int width, int height) = (picture.Shape.Width, picture.Shape.Height);
            Picture extended = Picture.ReadAsync(new ExtendedSource(picture.Source(strip), width + right, height + below)).GetAwaiter().GetResult();
            Picture cut = Picture.ReadAsync(new CroppedSource(extended.Source(strip), width, height)).GetAwaiter().GetResult();
            return cut.Data.SequenceEqual(picture.Data) && extended[0, height + below - 1, width + right - 1] == picture[0, height - 1, width - 1]
                && extended[0, 0, width + right - 1] == picture[0, 0, width - 1];
        });

    [Theory]
    [InlineData("{}")]
    [InlineData("no json")]
    [InlineData("""{"kappa":1,"sqrt_etas":[0.5,0.2],"residual_std":0.1}""")]
    [InlineData("""{"kappa":"1","sqrt_etas":[0.5],"residual_std":0.1}""")]
    public void A_schedule_that_cannot_be_used_names_its_file(string json)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("upscale");
        try
        {
            string path = Path.Combine(folder.CreateSubdirectory("scheduler").FullName, "scheduler_config.json");
            File.WriteAllText(path, json);
            var card = new ModelCard
            {
                Id = "net", Path = Path.Combine(folder.FullName, "model_index.json"), Sha256 = "", Scale = 4, Channels = 3, OutputChannels = 3, Halo = 1,
                Format = new TensorFormat { Input = "sample", Output = "out_sample" },
            };
            UpscaleException error = Assert.Throws<UpscaleException>(() => ResShiftSchedule.Read(card));
            Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
