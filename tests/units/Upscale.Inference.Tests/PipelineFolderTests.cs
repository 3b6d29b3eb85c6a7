using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Inference.Tests;

/// <summary>Folders as diffusers and optimum write them.</summary>
public sealed class PipelineFolderTests : IDisposable
{
    private static readonly Dictionary<string, string> s_types = new()
    {
        ["tensor(float)"] = "float32",
        ["tensor(float16)"] = "float16",
        ["tensor(int64)"] = "int64",
        ["tensor(int32)"] = "int32",
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("upscale");
    private readonly SessionPool _pool = new();

    /// <summary>Folders with a model_index.json and an io.json that says what every graph takes and gives.</summary>
    public static TheoryData<string> Goldens => [.. GoldenFolders("model_index.json").Select(f => Path.GetRelativePath(TestData.Root, f))];

    /// <summary>Single graphs beside an io.json.</summary>
    public static TheoryData<string> Variants => [.. GoldenFolders("variants.json").Select(f => Path.GetRelativePath(TestData.Root, f))];

    [Theory]
    [MemberData(nameof(Goldens))]
    public async Task A_folder_is_described_with_every_graph_and_its_tensors(string folder)
    {
        folder = Path.GetFullPath(folder, TestData.Root);
        ModelCard card = await On().DescribeAsync(folder, default);
        Dictionary<string, JsonElement> graphs = Io(folder);
        Assert.Equal(Path.GetFileName(folder), card.Id);
        Assert.Equal((ModelKind.Diffusion, Path.Combine(folder, "model_index.json")), (card.Kind, card.Path));
        Assert.Equal(graphs.Keys.Order(), card.Components.Select(c => $"{c.Name}/model.onnx").Order());
        foreach (ModelComponent component in card.Components)
        {
            JsonElement io = graphs[$"{component.Name}/model.onnx"];
            Assert.Equal(Tensors(io, "inputs"), component.Inputs.Select(Text));
            Assert.Equal(Tensors(io, "outputs"), component.Outputs.Select(Text));
            Assert.Equal(64, component.Sha256.Length);
            Assert.InRange(component.Parameters!.Value, 1000, 1_000_000);
        }

        Assert.Equal(card.Components.Sum(c => c.Parameters), card.Parameters);
        Assert.Equal(card.Components[0].Sha256, card.Sha256);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_graph_tells_its_tensors_without_being_loaded(string folder)
    {
        folder = Path.GetFullPath(folder, TestData.Root);
        foreach ((string file, JsonElement io) in Io(folder))
        {
            OnnxScanner graph = ModelFile.Scan(Path.Combine(folder, file));
            Assert.Equal(Tensors(io, "inputs"), graph.Inputs.Select(Text));
            Assert.Equal(Tensors(io, "outputs"), graph.Outputs.Select(Text));
        }
    }

    [Theory]
    [InlineData("sd-x4-upscaler", "StableDiffusionUpscalePipeline", 4, "diffusion")]
    [InlineData("ldm-sr-x4", "LDMSuperResolutionPipeline", 4, "diffusion")]
    [InlineData("sd-img2img", "StableDiffusionImg2ImgPipeline", 1, "refine latent")]
    [InlineData("sdxl-img2img", "StableDiffusionXLImg2ImgPipeline", 1, "refine latent")]
    [InlineData("sd-lcm-img2img", "LatentConsistencyModelImg2ImgPipeline", 1, "refine latent")]
    [InlineData("sd-inpaint-9ch", "StableDiffusionInpaintPipeline", 1, "refine")]
    [InlineData("sd-x2-latent-upscaler", "StableDiffusionLatentUpscalePipeline", 2, "latent")]
    public async Task The_class_tells_stages_and_scale(string name, string pipeline, int scale, string stages)
    {
        ModelCard card = await On().DescribeAsync(TinyModel.Folder(name), default);
        Assert.Equal((pipeline, scale, stages), (card.Pipeline, card.Scale, string.Join(' ', card.Stages)));
    }

    [Theory]
    [InlineData("OnnxStableDiffusionImg2ImgPipeline")]
    [InlineData("ORTStableDiffusionXLImg2ImgPipeline")]
    [InlineData("OrtLatentConsistencyModelPipeline")]
    [InlineData("StableDiffusionInpaintPipelineLegacy")]
    public void Prefixes_of_exporters_do_not_matter(string name)
        => Assert.Contains(PipelineClass.Find(name)!.Name, name, StringComparison.Ordinal);

    [Fact]
    public async Task Memory_and_size_steps_are_estimated_from_the_configs()
    {
        ModelCard card = await On().DescribeAsync(TinyModel.Folder("sd-img2img"), default);
        ModelComponent unet = card.Components.Single(c => c.Name == "unet"), decoder = card.Components.Single(c => c.Name == "vae_decoder");
        Assert.Equal((8 * 4 * 200, 2), (unet.BytesPerPixel, unet.MultipleOf));
        Assert.Equal((8 * 4 * 64 * 16, 1), (decoder.BytesPerPixel, decoder.MultipleOf));
    }

    [Fact]
    public async Task An_installed_folder_needs_no_card_and_a_card_beside_it_says_more()
    {
        Copy("sd-img2img", "plain");
        string carded = Copy("sd-img2img", "carded");
        File.WriteAllText(Path.Combine(carded, "model.json"), """{"id":"carded","title":"With a card","kind":"diffusion","pipeline":"StableDiffusionImg2ImgPipeline","stages":["refine"],"scale":1,"latentSpace":"sd","components":{"unet":{"halo":8}}}""");
        ModelCatalog catalog = new([_folder.FullName]);
        Assert.Empty(catalog.Errors);
        Assert.Equal(["carded", "plain"], catalog.Cards.Select(c => c.Id));
        Assert.Equal(("With a card", "sd"), (catalog.Cards[0].Title, catalog.Cards[0].LatentSpace));
        Assert.Null(catalog.Cards[1].LatentSpace);

        // Listed with its graphs, though nothing was hashed.
        ModelComponent listed = catalog.Cards[1].Components.Single(c => c.Name == "unet");
        Assert.Equal("sample timestep encoder_hidden_states", string.Join(' ', listed.Inputs.Select(i => i.Name)));
        Assert.Equal("", listed.Sha256);
        IModelPool pool = _pool.On(_pool.Devices.Resolve("Cpu"), catalog);
        ModelComponent described = (await pool.DescribeAsync("PLAIN", default)).Components.Single(c => c.Name == "unet");
        Assert.Equal(64, described.Sha256.Length);
        Assert.Equal(listed.Parameters, described.Parameters);
        ModelComponent withCard = (await pool.DescribeAsync("carded", default)).Components.Single();
        Assert.Equal((8, 3), (withCard.Halo, withCard.Inputs.Count));
    }

    [Fact]
    public async Task The_file_in_a_folder_means_the_folder()
    {
        string path = Path.Combine(TinyModel.Folder("ldm-sr-x4"), "model_index.json");
        Assert.Equal("ldm-sr-x4", (await On().DescribeAsync(path, default)).Id);
        Assert.Equal("ldm-sr-x4", (await On().DescribeAsync(Path.GetDirectoryName(path) + "/", default)).Id);
    }

    [Fact]
    public async Task The_bundled_networks_of_components_are_described_too()
    {
        IModelPool pool = _pool.On(_pool.Devices.Resolve("Cpu"), new ModelCatalog([Path.Combine(TestData.Root, "models")]));
        ModelCard card = await pool.DescribeAsync("latent-x2-compact", default);
        Assert.All(card.Components, c => Assert.True(c.Inputs.Count > 0 && c.Outputs.Count == 1 && c.Parameters > 100_000));
        Assert.Equal("float32", card.Components.Single(c => c.Name == "vae_decoder").Outputs[0].Type);
    }

    [Theory]
    [InlineData("unet", "'unet/model.onnx'")]
    [InlineData("vae_encoder", "'vae_encoder/model.onnx'")]
    [InlineData("vae_decoder", "'vae_decoder/model.onnx' or 'vae/model.onnx'")]
    [InlineData("text_encoder", "'text_encoder/model.onnx'")]
    public async Task A_missing_component_is_named_with_what_was_expected_and_where(string component, string expected)
    {
        string folder = Copy("sd-img2img", "net");
        File.Delete(Path.Combine(folder, component, "model.onnx"));
        string message = await RefusalAsync(folder);
        Assert.Contains($"'{folder}' has no {expected}", message, StringComparison.Ordinal);
        Assert.Contains("StableDiffusionImg2ImgPipeline", message, StringComparison.Ordinal);
        Assert.Contains(expected, Assert.Single(new ModelCatalog([_folder.FullName]).Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_decoder_may_be_called_vae_and_a_component_that_is_declared_absent_is_not_missed()
    {
        string folder = Copy("sdxl-img2img", "refiner");
        Directory.Move(Path.Combine(folder, "vae_decoder"), Path.Combine(folder, "vae"));
        Directory.Delete(Path.Combine(folder, "text_encoder"), recursive: true);
        Assert.Contains("text_encoder/model.onnx", await RefusalAsync(folder), StringComparison.Ordinal);
        Edit(folder, text => System.Text.RegularExpressions.Regex.Replace(text, "\"text_encoder\": \\[[^]]*]", "\"text_encoder\": [null, null]"));
        Assert.Equal(["unet", "vae_encoder", "vae", "text_encoder_2"], (await On().DescribeAsync(folder, default)).Components.Select(c => c.Name));
    }

    [Fact]
    public async Task The_only_graph_of_a_folder_may_have_any_name_and_of_several_one_must_be_called_model()
    {
        string folder = Copy("ldm-sr-x4", "net"), unet = Path.Combine(folder, "unet");
        File.Move(Path.Combine(unet, "model.onnx"), Path.Combine(unet, "net.onnx"));
        Assert.Equal(Path.Combine(unet, "net.onnx"), (await On().DescribeAsync(folder, default)).Components[0].Path);
        File.Copy(Path.Combine(unet, "net.onnx"), Path.Combine(unet, "other.onnx"));
        Assert.Contains("net.onnx, other.onnx", await RefusalAsync(folder), StringComparison.Ordinal);
        File.Copy(Path.Combine(unet, "net.onnx"), Path.Combine(unet, "model.onnx"));
        Assert.Equal(Path.Combine(unet, "model.onnx"), (await On().DescribeAsync(folder, default)).Components[0].Path);
    }

    [Theory]
    [InlineData("""{"_class_name":"FluxPipeline"}""", "'FluxPipeline'")]
    [InlineData("""{"_class_name":"FluxPipeline"}""", "StableDiffusionUpscalePipeline, LDMSuperResolutionPipeline")]
    [InlineData("""{"_class_name":"LDMSuperResolutionPipeline","../unet":["a","b"]}""", "'../unet'")]
    [InlineData("""{"_class_name":"LDMSuperResolutionPipeline","a\\b":["a","b"]}""", "not in its own folder")]
    [InlineData("""{"_class_name":3}""", "_class_name")]
    [InlineData("{}", "_class_name")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{\"_class_name\":", "is no JSON")]
    public async Task A_broken_index_is_named_with_what_is_wrong(string json, string what)
    {
        string folder = Copy("ldm-sr-x4", "net");
        Edit(folder, _ => json);
        string message = await RefusalAsync(folder);
        Assert.Contains(what, message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(folder, "model_index.json"), message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "is no JSON")]
    [InlineData("""{"block_out_channels":8}""", "block_out_channels")]
    [InlineData("""{"block_out_channels":[8,-1]}""", "block_out_channels")]
    [InlineData("""{"block_out_channels":[8,1e99]}""", "block_out_channels")]
    public async Task A_broken_config_is_named_with_what_is_wrong(string json, string what)
    {
        string folder = Copy("ldm-sr-x4", "net"), config = Path.Combine(folder, "unet", "config.json");
        File.WriteAllText(config, json);
        string message = await RefusalAsync(folder);
        Assert.Contains(what, message, StringComparison.Ordinal);
        Assert.Contains(config, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_graph_is_named_and_is_still_listed()
    {
        string folder = Copy("ldm-sr-x4", "net"), graph = Path.Combine(folder, "unet", "model.onnx");
        File.WriteAllBytes(graph, File.ReadAllBytes(graph)[..1000]);
        Assert.Contains(graph, await RefusalAsync(folder), StringComparison.Ordinal);
        ModelComponent unet = new ModelCatalog([_folder.FullName]).Cards.Single().Components.Single(c => c.Name == "unet");
        Assert.Equal((0, null), (unet.Inputs.Count, unet.Parameters));
    }

    [Fact]
    public async Task Weights_in_another_file_of_the_components_folder_are_read()
    {
        OnnxCase golden = OnnxCase.All.First(c => c.Name == "x2_external_data");
        string folder = Copy("ldm-sr-x4", "net"), unet = Path.Combine(folder, "unet");
        File.Copy(golden.Path, Path.Combine(unet, "model.onnx"), overwrite: true);
        string weights = Path.Combine(unet, Path.GetFileName(golden.Path) + ".data");
        Assert.Contains("missing", await RefusalAsync(folder), StringComparison.Ordinal);

        File.Copy(golden.Path + ".data", weights);
        ModelCard card = await On().DescribeAsync(folder, default);
        ModelComponent component = card.Components.Single(c => c.Name == "unet");
        float[] expected = golden.Output("output").ToFloats(), actual = new float[expected.Length];
        await using (IModelLease lease = await On().LeaseAsync(card, "unet", default))
        {
            await lease.RunAsync(
                [new NamedTensor(component.Inputs.Single().Name, golden.Input.Shape, golden.Input.ToFloats())],
                [new NamedTensor(component.Outputs.Single().Name, golden.Output("output").Shape, actual)],
                default);
        }

        Assert.True(expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() <= 1e-4f);
    }

    [Theory]
    [InlineData("unet")]
    [InlineData("unet/model.onnx")]
    [InlineData("unet/config.json")]
    public async Task A_link_that_leads_out_of_the_folder_is_refused(string linked)
    {
        string folder = Copy("ldm-sr-x4", "inside/net"), path = Path.Combine(folder, linked), outside = Path.Combine(_folder.FullName, "elsewhere");
        bool isFolder = Directory.Exists(path);
        if (isFolder)
            Directory.Move(path, outside);
        else
            File.Move(path, outside);
        Link(path, outside, isFolder);
        Assert.Contains($"'{path}' is a link that leads out", await RefusalAsync(folder), StringComparison.Ordinal);

        // Nor by way of a link inside that leads out.
        Unlink(path, isFolder);
        Link(Path.Combine(folder, "detour"), _folder.FullName, isFolder: true);
        Link(path, Path.Combine(folder, "detour", "elsewhere"), isFolder);
        Assert.Contains($"'{path}' is a link that leads out", await RefusalAsync(folder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_that_stays_inside_the_folder_is_followed()
    {
        string folder = Copy("ldm-sr-x4", "net");
        Directory.Move(Path.Combine(folder, "unet"), Path.Combine(folder, "real"));
        Link(Path.Combine(folder, "unet"), "real", isFolder: true);
        Assert.Equal("unet", (await On().DescribeAsync(folder, default)).Components[0].Name);
    }

    [Fact]
    public async Task A_link_to_weights_outside_is_refused_also_by_way_of_a_folder()
    {
        OnnxCase golden = OnnxCase.All.First(c => c.Name == "x2_external_data");
        string folder = Copy("ldm-sr-x4", "net"), unet = Path.Combine(folder, "unet"), name = Path.GetFileName(golden.Path) + ".data";
        File.Copy(golden.Path, Path.Combine(unet, "model.onnx"), overwrite: true);
        File.Copy(golden.Path + ".data", Path.Combine(_folder.FullName, name));
        Link(Path.Combine(unet, "detour"), _folder.FullName, isFolder: true);
        Link(Path.Combine(unet, name), Path.Combine("detour", name), isFolder: false);
        Assert.Contains("leads out", await RefusalAsync(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_in_a_circle_lead_nowhere()
    {
        Link(Path.Combine(_folder.FullName, "a"), "b", isFolder: false);
        Link(Path.Combine(_folder.FullName, "b"), "a", isFolder: false);
        Assert.False(ContainedPath.IsInside(_folder.FullName, "a"));
        Assert.True(ContainedPath.IsInside(_folder.FullName, "c/../d"));
        Assert.False(ContainedPath.IsInside(_folder.FullName, "c/../../d"));
    }

    [Fact]
    public async Task A_card_of_components_does_not_follow_links_either()
    {
        string folder = Copy("ldm-sr-x4", "net"), unet = Path.Combine(folder, "unet");
        File.WriteAllText(Path.Combine(folder, "model.json"), """{"id":"net","kind":"diffusion","pipeline":"LDMSuperResolutionPipeline","stages":["diffusion"],"scale":4,"components":{"unet":{}}}""");
        Assert.Single((await On().DescribeAsync(folder, default)).Components);
        Directory.Move(unet, Path.Combine(_folder.FullName, "elsewhere"));
        Link(unet, Path.Combine(_folder.FullName, "elsewhere"), isFolder: true);
        Assert.Contains("leads out", await RefusalAsync(folder), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _pool.Dispose();
        _folder.Delete(recursive: true);
    }

    private static IEnumerable<string> GoldenFolders(string file)
        => TestData.ReferenceFolders("pipelines").SelectMany(Directory.EnumerateDirectories)
            .Where(f => File.Exists(Path.Combine(f, file)) && File.Exists(Path.Combine(f, "io.json"))).Order(StringComparer.Ordinal);

    private static Dictionary<string, JsonElement> Io(string folder)
        => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(File.ReadAllText(Path.Combine(folder, "io.json")))!;

    private static IEnumerable<string> Tensors(JsonElement io, string key) => io.GetProperty(key).EnumerateArray().Select(t =>
        Text(new TensorInfo(t[0].GetString()!, s_types[t[1].GetString()!], [.. t[2].EnumerateArray().Select(d => d.ValueKind == JsonValueKind.Number ? d.GetInt32() : -1)])));

    private static string Text(TensorInfo tensor) => $"{tensor.Name} {tensor.Type} [{string.Join(", ", tensor.Dimensions)}]";

    private static void Edit(string folder, Func<string, string> edit)
    {
        string path = Path.Combine(folder, "model_index.json");
        File.WriteAllText(path, edit(File.ReadAllText(path)));
    }

    private static void Link(string path, string target, bool isFolder)
        => _ = isFolder ? Directory.CreateSymbolicLink(path, target) : File.CreateSymbolicLink(path, target);

    private static void Unlink(string path, bool isFolder)
    {
        if (isFolder)
            Directory.Delete(path);
        else
            File.Delete(path);
    }

    /// <summary>Copies a golden folder without its goldens, writable.</summary>
    private string Copy(string name, string target) => TinyModel.Copy(name, Path.Combine(_folder.FullName, target));

    private IModelPool On() => _pool.On(_pool.Devices.Resolve("Cpu"), new ModelCatalog([]));

    private async Task<string> RefusalAsync(string folder)
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await On().DescribeAsync(folder, default));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        return error.Message;
    }
}
