using Upscale.Diffusion.Autoencoding;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>The recorded runs of autoencoders, with the networks that were recorded.</summary>
public sealed class AutoencodingGoldenTests : IDisposable
{
    private const int Field = -2;
    private const float Tolerance = 1e-4f;

    private readonly SessionPool _pool = new();

    public static TheoryData<string> Cases => new(TestData.ReferenceFolders("pipelines").SelectMany(Directory.EnumerateDirectories).Select(f => Path.Combine(f, "golden")).Where(Directory.Exists)
        .SelectMany(Directory.EnumerateDirectories).Where(f => Directory.EnumerateFiles(f, "vae_*_decode_in.npy").Any()).Order(StringComparer.Ordinal));

    public static TheoryData<string> TilingFolders => new(TestData.ReferenceFolders("pipelines").Select(f => Path.Combine(f, "vae-tiling")).Where(Directory.Exists));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Recorded_latents_and_pictures_are_reached(string folder)
    {
        (ModelCard card, IStageServices services) = await OpenAsync(Path.GetDirectoryName(Path.GetDirectoryName(folder)!)!);
        Autoencoder autoencoder = Autoencoder.Read(card, services);
        string[] calls = [.. Directory.EnumerateFiles(folder, "vae_*.npy").Order(StringComparer.Ordinal)];
        for (int i = 0; i < calls.Length; i += 2)
        {
            Picture input = Read(calls[i]);
            Picture output = Read(calls[i + 1]);
            if (calls[i].EndsWith("_decode_in.npy", StringComparison.Ordinal))
            {
                Picture scaled = Map(input, v => v * autoencoder.Space.ScalingFactor);
                Near(ToPicture(output), await Picture.ReadAsync(autoencoder.Decode(scaled.Source(1))));
            }
            else
            {
                await CheckEncodeAsync(autoencoder, input, output);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TilingFolders))]
    public async Task Tiles_are_blended_as_recorded(string folder)
    {
        (ModelCard card, FakeServices services) = await OpenAsync(Path.Combine(folder, "..", "sd-img2img"));
        Autoencoder tiled = Autoencoder.Read(card, services, 8);
        Autoencoder whole = Autoencoder.Read(card, services);
        Picture latents = Map(Read(Path.Combine(folder, "latents.npy")), v => v * whole.Space.ScalingFactor);
        Near(ToPicture(Read(Path.Combine(folder, "decode_whole.npy"))), await Picture.ReadAsync(whole.Decode(latents.Source(3))));
        Assert.Equal(whole.DecodeTiles(latents.Shape), services.TilesReported);
        Near(ToPicture(Read(Path.Combine(folder, "decode_tiled.npy"))), await Picture.ReadAsync(tiled.Decode(latents.Source(3))));
        Assert.Equal(1 + tiled.DecodeTiles(latents.Shape), services.TilesReported);
        Picture image = Read(Path.Combine(folder, "image.npy"));
        await CheckEncodeAsync(whole, image, Read(Path.Combine(folder, "encode_whole.npy")));
        await CheckEncodeAsync(tiled, image, Read(Path.Combine(folder, "encode_tiled.npy")));
    }

    [Theory]
    [InlineData("sd-img2img", 8, 4, 0.18215, true)]
    [InlineData("sd-x2-latent-upscaler", 8, 4, 0.18215, true)]
    [InlineData("sd-inpaint-4ch", 8, 4, 0.18215, true)]
    [InlineData("sdxl-img2img", 8, 4, 0.13025, true)]
    [InlineData("sd-x4-upscaler", 4, 4, 0.08333, false)]
    [InlineData("ldm-sr-x4", 4, 3, 1, true)]
    public async Task A_folder_tells_what_its_latents_are(string name, int factor, int channels, double scaling, bool encodes)
    {
        (ModelCard card, IStageServices services) = await OpenAsync(TinyModel.Folder(name));
        Autoencoder autoencoder = Autoencoder.Read(card, services);
        string decoder = card.Components.First(c => c.Name is "vae_decoder" or "vae").Sha256;
        Assert.Equal(new LatentSpace(decoder, channels, factor, scaling), autoencoder.Space);
        Assert.Equal((factor, channels, encodes), (autoencoder.Factor, autoencoder.LatentChannels, autoencoder.CanEncode));
        Assert.Equal("declared", Autoencoder.Read(card with { LatentSpace = "declared" }, services).Space.Id);
    }

    [Fact]
    public async Task An_encoder_may_give_its_mean_or_draw_by_itself()
    {
        (ModelCard card, IStageServices services) = await OpenAsync(TinyModel.Folder("sd-img2img"));
        Picture picture = Picture.Sample(new ImageShape(32, 24, 3));
        Picture mean = await EncodeAsync(Autoencoder.Read(card, services), picture, 0);
        string variants = Path.Combine(TinyModel.Folder("variants"));
        Picture given = await EncodeAsync(Autoencoder.Read(Exchange(card, "vae_encoder_latent_sample_mean.onnx"), services), picture, 1);
        Near(mean, given);
        Picture drawn = await EncodeAsync(Autoencoder.Read(Exchange(card, "vae_encoder_latent_sample_random.onnx"), services), picture, 0);
        Assert.Equal(mean.Shape, drawn.Shape);
        Assert.InRange(mean.Difference(drawn), 1e-4f, 10);

        ModelCard Exchange(ModelCard whole, string file) => whole with
        {
            Components = [.. whole.Components.Select(c => c.Name != "vae_encoder" ? c : c with
            {
                Path = Path.Combine(variants, file),
                Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(variants, file)))),
                Outputs = [new TensorInfo("latent_sample", "float32", [-1, -1, -1, -1])],
            })],
        };
    }

    public void Dispose() => _pool.Dispose();

    private async Task<(ModelCard Card, FakeServices Services)> OpenAsync(string folder)
    {
        IModelPool pool = _pool.On(_pool.Devices.Resolve("Cpu"), new ModelCatalog([]));
        return (await pool.DescribeAsync(Path.GetFullPath(folder), default), new FakeServices { Models = pool });
    }

    /// <summary>Compares what is encoded with noise 0 and 1 with a mean, or with a mean and a logarithm of the variance.</summary>
    private static async Task CheckEncodeAsync(Autoencoder autoencoder, Picture input, Picture recorded)
    {
        int channels = autoencoder.LatentChannels;
        Picture picture = ToPicture(input);
        foreach (int noise in (int[])[0, 1])
        {
            Picture expected = Picture.Make(recorded.Shape with { Channels = channels }, (c, y, x) =>
            {
                double deviation = recorded.Shape.Channels == channels ? 0 : Math.Exp(0.5 * Math.Clamp(recorded[c + channels, y, x], -30.0, 20.0));
                return (float)((recorded[c, y, x] + (deviation * noise)) * autoencoder.Space.ScalingFactor);
            });
            Near(expected, await EncodeAsync(autoencoder, picture, noise));
        }
    }

    private static Task<Picture> EncodeAsync(Autoencoder autoencoder, Picture picture, float noise)
        => Picture.ReadAsync(autoencoder.Encode(picture.Source(5), new ConstantNoise(noise), Field));

    private static Picture ToPicture(Picture raw) => Map(raw, v => (v / 2) + 0.5);

    private static Picture Map(Picture picture, Func<double, double> map) => new(picture.Shape, Array.ConvertAll(picture.Data, v => (float)map(v)));

    private static Picture Read(string path)
    {
        NpyFile file = NpyFile.Read(path);
        return new Picture(new ImageShape(file.Shape[3], file.Shape[2], file.Shape[1]), file.ToFloats());
    }

    private static void Near(Picture expected, Picture actual)
        => Assert.True(expected.Difference(actual) <= Tolerance, $"The largest difference is {expected.Difference(actual)}.");

    private sealed class ConstantNoise(float value) : INoise
    {
        public void Fill(int step, int channel, int x, int y, Span<float> row)
        {
            Assert.Equal(Field, step);
            row.Fill(value);
        }
    }
}
