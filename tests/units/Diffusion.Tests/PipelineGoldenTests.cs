using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>Tiny pipelines of diffusers, with the noise that was drawn there: every input and output of every network, and the picture.</summary>
public sealed class PipelineGoldenTests : IDisposable
{
    private readonly SessionPool _pool = new();

    public static TheoryData<string> Enlarging => RecordedPipeline.Cases(name => name is "sd-x4-upscaler" or "ldm-sr-x4");

    public static TheoryData<string> Refining => RecordedPipeline.Cases(name => name.Contains("img2img", StringComparison.Ordinal));

    public static TheoryData<string> Inpainting => RecordedPipeline.Cases(name => name.Contains("inpaint", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Enlarging))]
    public async Task Enlarging_gives_what_diffusers_gives(string folder)
    {
        using var recorded = new RecordedPipeline(folder);
        await CheckAsync(new DiffusionStageFactory(), recorded, recorded.Result);
    }

    [Theory]
    [MemberData(nameof(Refining))]
    public async Task Refining_gives_what_diffusers_gives(string folder)
    {
        using var recorded = new RecordedPipeline(folder);
        await CheckAsync(new RefineStageFactory(), recorded, recorded.Result);
    }

    [Theory]
    [MemberData(nameof(Inpainting))]
    public async Task Inpainting_gives_what_diffusers_gives_within_the_mask_and_the_picture_elsewhere(string folder)
    {
        using var recorded = new RecordedPipeline(folder);
        Picture painted = recorded.Result, input = recorded.Input, mask = recorded.Mask!;
        var expected = Picture.Make(input.Shape, (c, y, x) => (mask[0, y, x] * painted[c, y, x]) + ((1 - mask[0, y, x]) * input[c, y, x]));
        await CheckAsync(new RefineStageFactory(), recorded, expected, ("mask", "mask.png"));
    }

    public void Dispose() => _pool.Dispose();

    private async Task CheckAsync(IStageFactory factory, RecordedPipeline recorded, Picture expected, params (string, object)[] more)
    {
        var services = new RecordingServices(_pool, recorded) { PictureOpener = _ => recorded.Mask!.Source() };
        Picture result = await StageRunner.RunAsync(factory, services, recorded.Input, [.. recorded.Options(), .. more]);
        recorded.Compare(services);
        RecordedPipeline.Near(expected, result);
        Assert.Equal(0, services.OpenLeases);
    }
}
