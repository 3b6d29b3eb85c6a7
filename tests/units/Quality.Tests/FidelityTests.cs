using Upscale.Inference;
using Upscale.Pipelines;
using Upscale.Testing;

namespace Upscale.Quality.Tests;

/// <summary>What the engine makes of the sample pictures, against ONNX Runtime alone and against independent figures.</summary>
public sealed class FidelityTests(Engine engine) : IClassFixture<Engine>
{
    private const double Tolerance = 0.02;
    private const double NoiseTolerance = 0.1;

    private static readonly string[] s_pictures = [.. Directory.EnumerateFiles(TestData.Image("truth"), "*.png").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    /// <summary>ONNX Runtime on one picture: it is what the kernels are compared with.</summary>
    public static TheoryData<string, string, InferenceEngine> NetworksAndPictures
    {
        get
        {
            var data = new TheoryData<string, string, InferenceEngine>();
            foreach (ModelCard card in new ModelCatalog([Path.Combine(TestData.Root, "models")]).Cards.Where(c => c.Kind == ModelKind.FeedForward))
            {
                data.Add(card.Id, s_pictures[0], InferenceEngine.OnnxRuntime);
                foreach (string picture in s_pictures)
                    data.Add(card.Id, picture, InferenceEngine.Native);
            }

            return data;
        }
    }

    public static TheoryData<string, string, string, double> IndependentFigures => Figures(
        ("x4 bicubic", "x4", "interpolation:kernel=bicubic,scale=4"),
        ("x4 general-x4v3", "x4", "gan:model=realesr-general-x4v3"),
        ("x4 cunet twice", "x4", "gan:model=waifu2x-cunet-scale2x,scale=4"),
        ("x2 bicubic", "x2", "interpolation:kernel=bicubic,scale=2"),
        ("x2 cunet", "x2", "gan:model=waifu2x-cunet-scale2x"));

    public static TheoryData<string, string, string, double> DiffusionFigures => Figures(
        ("x4 resshift T=.5", "x4", "diffusion:model=resshift-x4-compact"),
        ("x4 resshift T=1", "x4", "diffusion:model=resshift-x4-compact,temperature=1"),
        ("x4 sinsr", "x4", "diffusion"),
        ("x2 latent", "x2", "latent:consistency=0"),
        ("x2 latent + 2 bp", "x2", "latent"));

    [Theory]
    [MemberData(nameof(NetworksAndPictures))]
    public async Task A_network_gives_by_either_engine_what_it_gives_alone_on_the_whole_picture(string network, string name, InferenceEngine by)
    {
        ModelCard card = engine.Upscale.Models.Single(m => m.Id == network);
        string source = TestData.Image(card.Scale == 4 ? "x4" : "x2", name + ".png");
        Picture truth = await Engine.ReadAsync(card.Scale == 1 ? source : TestData.Image("truth", name + ".png"));
        Picture ours = await engine.RunAsync(new UpscaleRequest { Source = source, Model = network, Engine = by });
        Picture bare = BareNetwork.Run(network, await Engine.ReadAsync(source), card.Scale);
        Assert.Equal(bare.Psnr8(truth), ours.Psnr8(truth), Tolerance);
        Assert.True(ours.Psnr8(bare) > 50, $"The pictures differ: {ours.Psnr8(bare):0.0} dB.");
    }

    [Theory]
    [MemberData(nameof(IndependentFigures))]
    public async Task The_independent_figures_are_met(string name, string folder, string stage, double expected)
    {
        Picture truth = await Engine.ReadAsync(TestData.Image("truth", name + ".png"));
        Picture input = await Engine.ReadAsync(TestData.Image(folder, name + ".png"));
        bool whole = input.Shape.Width * (truth.Shape.Width / input.Shape.Width) == truth.Shape.Width;
        Assert.True(whole, "The sample pictures divide evenly.");
        Picture ours = await engine.RunAsync(new UpscaleRequest { Source = TestData.Image(folder, name + ".png"), Stages = [StageSpec.Parse(stage)] });
        Assert.Equal(expected, ours.Psnr8(truth), Tolerance);
    }

    /// <summary>The figures were made with other noise.</summary>
    [Theory]
    [MemberData(nameof(DiffusionFigures))]
    public async Task The_independent_figures_of_the_diffusion_networks_are_met(string name, string folder, string stage, double expected)
    {
        Picture truth = await Engine.ReadAsync(TestData.Image("truth", name + ".png"));
        Picture ours = await engine.RunAsync(new UpscaleRequest { Source = TestData.Image(folder, name + ".png"), Stages = [StageSpec.Parse(stage)] });
        Assert.Equal(expected, ours.Psnr8(truth), NoiseTolerance);
    }

    [Fact]
    public async Task A_network_without_a_stage_runs_in_the_stage_that_it_is_made_for()
    {
        UpscalePlan plan = await engine.Upscale.PlanAsync(new UpscaleRequest { Source = TestData.Image("x2", "chelsea.png"), Model = "latent-x2-compact" }, default);
        Assert.Equal("latent", Assert.Single(plan.Stages).Id);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => engine.Upscale.PlanAsync(
            new UpscaleRequest { Source = TestData.Image("x2", "chelsea.png"), Model = "latent-x2-compact", Stages = [new StageSpec("gan")] }, default));
        Assert.Contains("'latent'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_published_order_of_the_networks_holds()
    {
        double bicubic2 = await MeanAsync("x2", "interpolation:kernel=bicubic,scale=2");
        double cunet = await MeanAsync("x2", "gan:model=waifu2x-cunet-scale2x");
        double upconv = await MeanAsync("x2", "gan:model=waifu2x-upconv7-anime-scale2x");
        double anime4k = await MeanAsync("x2", "gan:model=anime4k-cnn-2x-l-an");
        Assert.True(cunet > upconv && upconv > anime4k && anime4k > bicubic2, $"cunet {cunet:0.00}, upconv7 {upconv:0.00}, anime4k {anime4k:0.00}, bicubic {bicubic2:0.00}");
        double bicubic4 = await MeanAsync("x4", "interpolation:kernel=bicubic,scale=4");
        double twice = await MeanAsync("x4", "gan:model=waifu2x-cunet-scale2x,scale=4");
        double general = await MeanAsync("x4", "gan:model=realesr-general-x4v3");
        Assert.True(twice > bicubic4 && bicubic4 > general, $"cunet twice {twice:0.00}, bicubic {bicubic4:0.00}, general-x4v3 {general:0.00}");
    }

    private async Task<double> MeanAsync(string folder, string stage)
    {
        double sum = 0;
        foreach (string name in s_pictures)
        {
            Picture truth = await Engine.ReadAsync(TestData.Image("truth", name + ".png"));
            Picture ours = await engine.RunAsync(new UpscaleRequest { Source = TestData.Image(folder, name + ".png"), Stages = [StageSpec.Parse(stage)] });
            sum += ours.Psnr8(truth);
        }

        return sum / s_pictures.Length;
    }

    private static TheoryData<string, string, string, double> Figures(params (string Column, string Folder, string Stage)[] columns)
    {
        var data = new TheoryData<string, string, string, double>();
        string[][] rows = [.. File.ReadLines(TestData.Image("README.md")).Where(l => l.StartsWith("| ", StringComparison.Ordinal))
            .Select(l => l.Trim('|').Split('|', StringSplitOptions.TrimEntries)).Where(r => r.Length == 11)];
        foreach (string[] row in rows.Skip(1))
        {
            foreach ((string column, string folder, string stage) in columns)
                data.Add(row[0], folder, stage, double.Parse(row[Array.IndexOf(rows[0], column)], System.Globalization.CultureInfo.InvariantCulture));
        }

        return data;
    }
}
